// A trial as a program: prepares the table as the command did, with the same rows held out, trains, and says what came
// of it. Text only.
import { literal } from "../../text/literal.js";
import { RelumineError } from "../../core/errors.js";
import { shorten } from "../../table/cells.js";
import type { PrepareOptions } from "../../table/prepare.js";
import type { LayoutOptions } from "../../table/read/layout.js";
import type { Trial } from "../../index.js";

const call = ({ name, options }: { readonly name: string; readonly options?: object }): string =>
  `${name}(${options ? literal(options) : ""})`;

function fitCode({
  fit: { epochs, batchSize, accumulate, optimizer, learningRate, clipNorm, classWeights },
  callbacks = [],
  standardize: scaling,
}: Trial): string {
  const options = [
    `epochs: ${epochs}`,
    `batchSize: ${batchSize}`,
    ...(accumulate === undefined ? [] : [`accumulate: ${accumulate}`]),
    `optimizer: ${call(optimizer!)}`,
    ...(typeof learningRate === "object" ? [`learningRate: ${literal(learningRate)}`] : []),
    ...(clipNorm === undefined ? [] : [`clipNorm: ${clipNorm}`]),
    ...(classWeights === undefined ? [] : [`classWeights: ${literal(classWeights)}`]),
    ...(callbacks.length === 0 ? [] : [`callbacks: [${callbacks.map(call).join(", ")}]`]),
  ];
  return `await network.fit(${scaledCode(scaling)}, { ${options.join(", ")} });\n`;
}

/** The rows that train, as they are scaled. */
function scaledCode({ inputs, targets }: NonNullable<Trial["standardize"]> = {}): string {
  if (!inputs && !targets) return "training";
  const changed = [inputs ? ["x: inputs.apply(training.x)"] : [], targets ? ["y: targets.apply(training.y)"] : []];
  return `{ ${["...training", ...changed.flat()].join(", ")} }`;
}

function standardizeCode({ inputs, targets }: NonNullable<Trial["standardize"]> = {}): string {
  return [
    inputs ? "const inputs = standardize(training.x);\n" : "",
    targets ? "const targets = standardizeTargets(training.y);\n" : "",
  ].join("");
}

/** From then on the network takes rows as the table has them. */
function foldCode({ inputs, targets }: NonNullable<Trial["standardize"]> = {}): string {
  return `${targets ? "targets.foldInto(network);\n" : ""}${inputs ? "inputs.foldInto(network);\n" : ""}`;
}

const EMBEDDED =
  'createRequire(import.meta.url).resolve("relumine/package.json")' +
  '.replace(/package\\.json$/, "dist/cli/digits.csv.gz")';

/** How the command read the table: what `prepareTable` of "relumine/table" takes. */
export type ProgramTable = PrepareOptions & LayoutOptions & { readonly source: string };

/** The options that say something. */
function prepareCode({
  target,
  task,
  ignore = [],
  validation,
  seed,
  columns = {},
  divisor,
  separator,
  header,
}: ProgramTable): string {
  const options = {
    target,
    task,
    ignore: ignore.length > 0 ? ignore : undefined,
    validation,
    seed,
    columns: Object.keys(columns).length > 0 ? columns : undefined,
    divisor,
    separator,
    header,
  };
  return `const { training${validation === 0 ? "" : ", heldOut"}, notes } = await prepareTable(createReadStream(path), ${literal(options)});
for (const note of notes) console.error(note);
`;
}

/** The network that is trained: a new one, with the weights of a saved one where it goes on with that. */
function networkCode({ spec, startsAnew }: Trial, arithmetic: string, model: string | undefined): string {
  const created = `\nconst network = await createNetwork(${literal(spec)}, { arithmetic: "${arithmetic}" });\n`;
  if (model === undefined || startsAnew) return created;
  return `${created}const saved = await importNetwork(await readFile(${JSON.stringify(model)}));
saved.layers.forEach((layer, index) => {
  const { alpha, ...weights } = layer.getWeights();
  const { activation } = network.layers[index];
  network.layers[index].setWeights({ ...weights, ...(alpha && activation.name === "prelu" && { alpha }) });
});
`;
}

/**
 * The program, as an ES module for Node that imports relumine. Its first line of output is the metrics on the held-out
 * rows, as JSON: with "reproducible" arithmetic those of the trial's first seed, to the bit.
 * @param model the file of the network that the trial goes on with
 * @throws RelumineError "unsupported" where weights would have to be brought onto rows that are scaled anew
 */
export function writeCode(
  trial: Trial,
  table: ProgramTable,
  arithmetic: "fast" | "reproducible",
  model?: string,
): string {
  const { fit, callbacks = [], calibrate, treat, standardize: scaling } = trial;
  const goesOn = model !== undefined && !trial.startsAnew;
  if (goesOn && scaling)
    throw new RelumineError("unsupported", "--code", "to write a remedy on rows as they are", `"${trial.name}"`);
  const x = scaling?.inputs ? "inputs.apply(training.x)" : "training.x";
  const isEmbedded = table.source === "digits";
  const names = [
    "createNetwork",
    "diagnose",
    fit.optimizer!.name,
    ...callbacks.map(({ name }) => name),
    ...(goesOn ? ["importNetwork"] : []),
    ...(treat ? ["treat"] : []),
    ...(calibrate ? ["calibrate"] : []),
    ...(scaling?.inputs ? ["standardize"] : []),
    ...(scaling?.targets ? ["standardizeTargets"] : []),
  ];
  return [
    `// "${trial.name}": what "relumine cure" chose for ${shorten(table.source)}. Run it: node THIS_FILE.mjs [TABLE]\n`,
    `import { createReadStream } from "node:fs";\n`,
    goesOn ? `import { readFile } from "node:fs/promises";\n` : "",
    isEmbedded ? `import { createRequire } from "node:module";\n` : "",
    `import { ${names.sort().join(", ")} } from "relumine";\nimport { prepareTable } from "relumine/table";\n\n`,
    `const path = process.argv[2] ?? ${isEmbedded ? EMBEDDED : JSON.stringify(table.source)};\n`,
    prepareCode(table),
    networkCode(trial, arithmetic, model),
    standardizeCode(scaling),
    treat ? `await treat(network, ${x}, ${literal(treat)});\n` : "",
    calibrate ? `await calibrate(network, ${x}, ${literal(calibrate)});\n` : "",
    fitCode(trial),
    foldCode(scaling),
    `const { loss, accuracy } = network.evaluate(${table.validation === 0 ? "training" : "heldOut"});\n`,
    "console.log(JSON.stringify({ loss, accuracy }));\n",
    "console.log(String(diagnose(network, training.x)));\n",
  ].join("");
}
