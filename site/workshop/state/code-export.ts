// The training on the page as a program that uses the package: the same steps, the changes on the way at the same ones,
// with the data where they are built in. It ends with the page's weights, bit for bit.
import { literal } from "../../../src/text/literal.js";
import { roundTo } from "../../../src/text/numbers.js";
import type { Frame } from "../engine/types.js";
import type { Matrix } from "../../../src/index.js";
import { FEATURES } from "../../tasks/features.js";
import type { LearningTask } from "../../tasks/learning-task.js";
import { type Change, type CureName, CURES, endsFit, isSetting } from "./changes.js";
import { DEFAULTS, isPlane, type LiveSettings, type Recipe } from "./recipe.js";
import { kernelInitializerOf, startingWeights } from "./start.js";

/** Nine digits give a float32 back. */
export const short = (value: number) => String(roundTo(value, 9));

/** The file is read as the page reads it; numbers as they are have neither a mean taken off nor a scale. */
function tableLines({ scale }: Recipe, { name, target }: NonNullable<LearningTask["table"]>): string[] {
  const read = [
    `const table = await readFile(${JSON.stringify(name)});`,
    `const prepared = await prepareTable(table, { target: ${JSON.stringify(target)} });`,
  ];
  if (scale === "standardized") return [...read, "const { x, y } = prepared.training;"];
  return [
    ...read,
    "",
    "// Numbers as they stand in the file.",
    'const plain = (encoding) => ("scale" in encoding ? { ...encoding, mean: 0, scale: 1 } : encoding);',
    "const { inputs, target } = prepared.encoding;",
    "const all = await encodeLabelledRows({ inputs: inputs.map(plain), target: plain(target) }, table);",
    "const heldOut = new Set(prepared.heldOutRows);",
    "const places = [...all.rows.keys()].filter((place) => !heldOut.has(all.rows[place]));",
    "const { columns, data } = all.x;",
    "const x = places.map((place) => data.slice(place * columns, (place + 1) * columns));",
    "const y = places.map((place) => all.y[place]);",
  ];
}

function importLines(names: readonly string[], { scale }: Recipe, { table }: LearningTask): string[] {
  const own = `import { ${names.join(", ")} } from "relumine";`;
  if (!table) return [own];
  const readers = scale === "standardized" ? "prepareTable" : "encodeLabelledRows, prepareTable";
  return [`import { readFile } from "node:fs/promises";`, own, `import { ${readers} } from "relumine/table";`];
}

function dataLines(recipe: Recipe, { train, table }: LearningTask): string[] {
  const { data, head, features } = recipe;
  if (table) return tableLines(recipe, table);
  if (data === "digits") {
    return [
      `// ${train.x.rows} rows of ${train.x.columns} numbers: put your own here.`,
      "const x = [/* one array a row */];",
      "const y = [/* one class or number a row */];",
    ];
  }
  const targets = Array.from(train.y, (value) => (head === "softmax" ? "0" : short(value)));
  return [
    ...(features.join() === DEFAULTS.features.join() || !isPlane(recipe)
      ? []
      : [`// ${features.map((name) => FEATURES[name].text).join(", ")} of each point`]),
    `const x = [${rowTexts(train.x).join(", ")}];`,
    `const y = [${targets.join(", ")}];`,
  ];
}

/** `[0.5, -0.25]` for each row. */
export function rowTexts({ rows, columns, data }: Matrix): string[] {
  return Array.from(
    { length: rows },
    (_, row) => `[${Array.from(data.subarray(row * columns, (row + 1) * columns), short).join(", ")}]`,
  );
}

function layerLines({ layers, activation, bias, head, start }: Recipe, { outputs }: LearningTask): string[] {
  const initializer = kernelInitializerOf(start);
  const kernel = initializer === undefined ? "" : `, kernelInitializer: ${literal(initializer)}`;
  const options = `activation: "${activation}"${kernel}${bias === 0 ? "" : `, biasInitializer: ${bias}`}`;
  const hidden = layers.map((units) => `    { units: ${units}, ${options} },`);
  return [...hidden, `    { units: ${head === "softmax" ? 1 : outputs}${kernel} },`];
}

const OPTIMIZERS: Readonly<Record<Recipe["optimizer"], (decay: number) => readonly [name: string, options: string]>> = {
  sgd: (decay) => ["sgd", decay > 0 ? `weightDecay: ${decay}` : ""],
  momentum: (decay) => ["sgd", `momentum: 0.9${decay > 0 ? `, weightDecay: ${decay}` : ""}`],
  adam: (decay) => (decay > 0 ? ["adamW", `weightDecay: ${decay}`] : ["adam", ""]),
  rmsprop: () => ["rmsprop", ""],
};

/** The textbook's unit starts from weights of its own. */
function startLines(recipe: Recipe): string[] {
  const floats = (values: Float32Array) => `Float32Array.of(${Array.from(values, short).join(", ")})`;
  const own = (startingWeights(recipe) ?? []).map(
    ({ kernel, bias }, layer) =>
      `network.layers[${layer}].setWeights({ kernel: ${floats(kernel)}, bias: ${floats(bias)} });`,
  );
  return [...own, ...(recipe.start === "calibrated" ? ["await calibrate(network, x);"] : [])];
}

/** One fit: its steps, and the settings that hold in it. */
interface Stage {
  readonly from: number;
  readonly to: number;
  readonly settings: LiveSettings;
  /** Rates that begin after a step of the whole training. */
  readonly rates: readonly (readonly [step: number, rate: number])[];
  /** Before it. */
  readonly cures: readonly CureName[];
}

function withChanges(settings: LiveSettings, changes: readonly Change[]): LiveSettings {
  const changed = changes.filter(({ what }) => isSetting(what)).map(({ what, value }) => [what, value]);
  return { ...settings, ...(Object.fromEntries(changed) as Partial<LiveSettings>) };
}

/** The fits that the changes cut the training into. */
function stagesOf({ recipe, changes, step }: Pick<Frame, "recipe" | "changes" | "step">): Stage[] {
  const ends = [...new Set(changes.filter(endsFit).map((change) => change.step))];
  const starts = ends.includes(0) ? ends : [0, ...ends];
  let settings: LiveSettings = recipe;
  return starts.map((from, index) => {
    const to = starts[index + 1] ?? step;
    const here = changes.filter((change) => change.step === from);
    const later = changes.filter((change) => change.step > from && change.step < to);
    settings = withChanges(settings, here);
    const stage: Stage = {
      from,
      to,
      settings,
      rates: later.map((change) => [change.step - from, change.value!] as const),
      cures: here.map(({ what }) => what).filter((what): what is CureName => what in CURES),
    };
    settings = withChanges(settings, later);
    return stage;
  });
}

/** `(step) => (step <= 12 ? 0.8 : 0.3)` */
function rateText({ settings, rates }: Stage): string {
  if (rates.length === 0) return String(settings.rate);
  const parts = [settings.rate, ...rates.map(([, rate]) => rate)];
  const conditions = rates.map(([step], index) => `step <= ${step} ? ${parts[index]} : `);
  return `(step) => ${conditions.join("")}${parts.at(-1)}`;
}

function stageLines(recipe: Recipe, stage: Stage, isFirst: boolean, before: Stage | undefined): string[] {
  const { settings, cures, from, to } = stage;
  const [factory, options] = OPTIMIZERS[recipe.optimizer](settings.decay);
  const isOptimizerNew = before?.settings.decay !== settings.decay;
  const fit = [`batchSize: ${settings.batch}`, `learningRate: ${rateText(stage)}`];
  if (settings.clip > 0) fit.push(`clipNorm: ${settings.clip}`);
  return [
    ...cures.map((cure) => `await treat(network, x, ${literal(CURES[cure])}); // after step ${from}`),
    ...(isOptimizerNew ? [`${isFirst ? "let " : ""}optimizer = ${factory}(${options ? `{ ${options} }` : ""});`] : []),
    ...(to > from ? [`await train(${to - from}, { ${fit.join(", ")} }); // to step ${to}`] : []),
  ];
}

/** @param frame what the page shows of the training that it is to repeat */
export function codeFor(frame: Pick<Frame, "recipe" | "changes" | "step">, task: LearningTask): string {
  const { recipe } = frame;
  const stages = stagesOf({ ...frame, step: Math.max(1, frame.step) });
  const factories = new Set(stages.map(({ settings }) => OPTIMIZERS[recipe.optimizer](settings.decay)[0]));
  const names = ["createNetwork", "diagnose", ...factories, "traceDeaths"];
  if (recipe.start === "calibrated") names.unshift("calibrate");
  if (stages.some(({ cures }) => cures.length > 0)) names.push("treat");
  return [
    ...importLines(names, recipe, task),
    "",
    ...dataLines(recipe, task),
    "",
    "const network = await createNetwork({",
    `  inputs: ${task.features.length},`,
    "  layers: [",
    ...layerLines(recipe, task),
    "  ],",
    `  loss: "${recipe.head === "softmax" ? "crossEntropy" : task.loss}",`,
    `  seed: ${recipe.seed},`,
    `}, { arithmetic: "reproducible" });`,
    ...startLines(recipe),
    "",
    "// Trains for so many steps and tells who died. The package counts layers and units from 0, the page from 1; steps",
    "// are counted from 1 in each call.",
    "async function train(steps, options) {",
    "  const trace = traceDeaths();",
    "  const end = { onBatchEnd: ({ step }, { stop }) => { if (step >= steps) stop(); } };",
    "  await network.fit({ x, y }, { epochs: steps, optimizer, ...options, callbacks: [trace, end] });",
    "  for (const { explanation } of trace.deaths) console.log(explanation);",
    "}",
    "",
    ...stages.flatMap((stage, index) => stageLines(recipe, stage, index === 0, stages[index - 1])),
    "",
    "console.log(String(diagnose(network, x, { targets: y })));",
    "",
  ].join("\n");
}
