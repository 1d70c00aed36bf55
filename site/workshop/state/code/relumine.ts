// The training on the page as a program that uses the package: the same steps, the changes on the way at the same ones,
// with the data where they are built in. It ends with the page's weights, bit for bit.
import { literal } from "../../../../src/text/literal.js";
import type { Frame, Started } from "../../engine/types.js";
import { layerOptionsOf, penaltyOf } from "../../../training/layer-options.js";
import type { LearningTask } from "../../../tasks/learning-task.js";
import { EDITED_PARTS, type EditName, isCure, isEdit, remedyOf } from "../../../training/changes.js";
import type { Recipe } from "../../../training/recipe.js";
import { kernelInitializerOf, startingWeights } from "../../../training/start.js";
import { aboutRows, isQuarters, quarterText, rowTexts, short } from "./rows.js";
import { scheduledLines } from "./schedule.js";
import { type Act, type Stage, stagesOf } from "./stages.js";

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

function dataLines(recipe: Recipe, task: LearningTask): string[] {
  const { train, table } = task;
  if (table) return tableLines(recipe, table);
  const targets = Array.from(train.y, (value) => (recipe.head === "softmax" ? "0" : short(value)));
  const rows = isQuarters(train.x)
    ? [
        `const x = ${JSON.stringify(quarterText(train.x))}`,
        '  .split(" ")',
        "  .map((row) => Array.from(row, (quarters) => quarters / 4));",
      ]
    : [`const x = [${rowTexts(train.x).join(", ")}];`];
  return [...aboutRows(recipe).map((line) => `// ${line}`), ...rows, `const y = [${targets.join(", ")}];`];
}

/** `, dropout: 0.2` */
function optionText(options: object): string {
  const text = literal(options);
  return text === "{}" ? "" : `, ${text.slice(2, -2)}`;
}

function layerLines(recipe: Recipe, { outputs }: LearningTask): string[] {
  const { layers, activation, bias, head, start } = recipe;
  const initializer = kernelInitializerOf(start);
  const kernel = initializer === undefined ? "" : `, kernelInitializer: ${literal(initializer)}`;
  const options = `activation: "${activation}"${kernel}${bias === 0 ? "" : `, biasInitializer: ${bias}`}`;
  const hidden = layers.map(
    (units, layer) => `    { units: ${units}, ${options}${optionText(layerOptionsOf(recipe, layer))} },`,
  );
  return [...hidden, `    { units: ${head === "softmax" ? 1 : outputs}${kernel}${optionText(penaltyOf(recipe))} },`];
}

const decayText = (decay: number): string => (decay > 0 ? `weightDecay: ${decay}` : "");

const OPTIMIZERS: Readonly<Record<Recipe["optimizer"], (decay: number) => readonly [name: string, options: string]>> = {
  sgd: (decay) => ["sgd", decayText(decay)],
  momentum: (decay) => ["sgd", `momentum: 0.9${decay > 0 ? `, weightDecay: ${decay}` : ""}`],
  adam: (decay) => (decay > 0 ? ["adamW", decayText(decay)] : ["adam", ""]),
  nadam: (decay) => ["nadam", decayText(decay)],
  adamax: (decay) => ["adamax", decayText(decay)],
  rmsprop: () => ["rmsprop", ""],
  adagrad: (decay) => ["adagrad", decayText(decay)],
  lion: (decay) => ["lion", decayText(decay)],
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

/** `step <= 12 ? 0.8 : 0.3` */
function highestRate({ settings, rates }: Stage): string {
  const parts = [settings.rate, ...rates.map(([, rate]) => rate)];
  const conditions = rates.map(([step], index) => `step <= ${step} ? ${parts[index]} : `);
  return `${conditions.join("")}${parts.at(-1)}`;
}

/** The rate of a stage: a number, a schedule, or a function of the step. */
function rateText(recipe: Recipe, stage: Stage, isScheduled: boolean): string {
  const rate = highestRate(stage);
  if (recipe.schedule === "constant") return stage.rates.length === 0 ? rate : `(step) => ${rate}`;
  if (isScheduled) return `${recipe.schedule}({ epochs: ${recipe.scheduleEpochs} })`;
  return `(step) => scheduled(${rate}, ${stage.from > 0 ? `${stage.from} + ` : ""}step)`;
}

/** The training is one fit, at one rate that a schedule of the package changes. */
const isOneSchedule = ({ schedule }: Recipe, stages: readonly Stage[]): boolean =>
  schedule !== "constant" && stages.length === 1 && stages[0].rates.length === 0;

/** A cure, or a number that is written by hand. */
function actLines({ what, unit, input, value, step }: Act): string[] {
  if (isCure(what)) return [`await treat(network, x, ${literal(remedyOf(what, unit))}); // after step ${step}`];
  const part = EDITED_PARTS[what as EditName];
  const layer = `network.layers[${unit!.layer}]`;
  const place = part === "kernel" ? `${input} * weights.bias.length + ${unit!.unit}` : `${unit!.unit}`;
  return [
    `weights = ${layer}.getWeights(); // after step ${step}`,
    `weights.${part}[${place}] = ${value};`,
    `${layer}.setWeights(weights);`,
  ];
}

function stageLines(recipe: Recipe, stages: readonly Stage[], index: number): string[] {
  const [stage, before] = [stages[index], stages[index - 1] as Stage | undefined];
  const isScheduled = isOneSchedule(recipe, stages);
  const { settings, acts, from, to } = stage;
  const [factory, own] = OPTIMIZERS[recipe.optimizer](settings.decay);
  const options = [...(isScheduled ? [`learningRate: ${settings.rate}`] : []), own].filter(Boolean).join(", ");
  const isOptimizerNew = before?.settings.decay !== settings.decay;
  const fit = [`batchSize: ${settings.batch}`, `learningRate: ${rateText(recipe, stage, isScheduled)}`];
  if (settings.clip > 0) fit.push(`clipNorm: ${settings.clip}`);
  return [
    ...acts.flatMap(actLines),
    ...(isOptimizerNew ? [`${before ? "" : "let "}optimizer = ${factory}(${options ? `{ ${options} }` : ""});`] : []),
    ...(to > from ? [`await train(${to - from}, { ${fit.join(", ")} }); // to step ${to}`] : []),
  ];
}

/** @param frame what the page shows of the training that it is to repeat */
export function relumineFor(
  frame: Pick<Frame, "recipe" | "changes" | "step">,
  { task }: Pick<Started, "task">,
): string {
  const { recipe } = frame;
  const stages = stagesOf({ ...frame, step: Math.max(1, frame.step) });
  const factories = new Set(stages.map(({ settings }) => OPTIMIZERS[recipe.optimizer](settings.decay)[0]));
  const names = ["createNetwork", "diagnose", ...factories, "traceDeaths"];
  const isScheduled = isOneSchedule(recipe, stages);
  if (recipe.start === "calibrated") names.unshift("calibrate");
  if (isScheduled) names.push(recipe.schedule);
  if (recipe.resets !== "none") names.push(recipe.resets);
  const acts = stages.flatMap((stage) => stage.acts);
  if (acts.some(({ what }) => isCure(what))) names.push("treat");
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
    ...(isScheduled ? [] : scheduledLines(recipe, task)),
    "// Trains for so many steps and tells who died. The package counts layers and units from 0, the page from 1; steps",
    "// are counted from 1 in each call.",
    "async function train(steps, options) {",
    "  const trace = traceDeaths();",
    "  const end = { onBatchEnd: ({ step }, { stop }) => { if (step >= steps) stop(); } };",
    "  await network.fit({ x, y }, { epochs: steps, optimizer, ...options, callbacks: [" +
      `${recipe.resets === "none" ? "" : `${recipe.resets}(), `}trace, end] });`,
    "  for (const { explanation } of trace.deaths) console.log(explanation);",
    "}",
    "",
    ...(acts.some(({ what }) => isEdit(what)) ? ["let weights;"] : []),
    ...stages.flatMap((_, index) => stageLines(recipe, stages, index)),
    "",
    "console.log(String(diagnose(network, x, { targets: y })));",
    "",
  ].join("\n");
}
