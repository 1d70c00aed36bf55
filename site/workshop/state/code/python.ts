// What the programs in Python have in common: the data, the kind of loss, the stages, cures that are no more than a few
// lines.
import type { Frame, Started } from "../../engine/types.js";
import type { DenseSpec } from "../../../../src/index.js";
import type { LearningTask } from "../../../tasks/learning-task.js";
import { type CureName, isCure } from "../../../training/changes.js";
import { hasResidual, LARGE_START, type LiveSettings, type Recipe, SMALL_START } from "../../../training/recipe.js";
import { RESET_TEXTS } from "../setting-names.js";
import { aboutRows, isQuarters, quarterText, rowTexts, short } from "./rows.js";
import { type Act, plainStagesOf } from "./stages.js";

/** Of the training that a program is to repeat. */
export type ProgramFrame = Pick<Frame, "recipe" | "changes" | "step">;
export type ProgramTraining = Pick<Started, "task" | "spec">;

/** More would be a program that nobody opens. */
const MOST_NUMBERS = 60_000;
const WIDEST = 118;

/** Parts of a list, in lines that are not too wide. */
function wrapped(parts: readonly string[]): string[] {
  const lines: string[] = [];
  for (const part of parts) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + part.length + 2 <= WIDEST) lines[lines.length - 1] = `${last} ${part},`;
    else lines.push(`    ${part},`);
  }
  return lines;
}

function tableLines({ task: { train, features, table } }: ProgramTraining): string[] {
  return [
    `# The ${train.x.rows} rows of ${table!.name} that the page trains on: too many to write out here.`,
    `# A row each, its numbers ${features.join(", ")}; y is ${table!.target}.`,
    'rows, y = (np.load("rows.npz")[name] for name in ("x", "y"))',
  ];
}

/** `rows` and `y`, as lists or arrays. */
export function dataLines(recipe: Recipe, training: ProgramTraining): string[] {
  const { train, table, features } = training.task;
  const { x } = train;
  if (x.data.length > MOST_NUMBERS) return tableLines(training);
  const about = table ? [`Rows of ${table.name}: ${features.join(", ")}.`] : aboutRows(recipe);
  const isWhole = recipe.head === "softmax" || training.task.classes.length > 0;
  const targets = Array.from(train.y, (value) => (recipe.head === "softmax" ? "0" : short(value)));
  const rows = isQuarters(x)
    ? [
        `pixels = """${quarterText(x).replaceAll(" ", "\n")}"""`,
        "rows = [[int(quarters) / 4 for quarters in row] for row in pixels.split()]",
      ]
    : ["rows = [", ...wrapped(rowTexts(x)), "]"];
  const y = [
    "y = [",
    ...wrapped(isWhole ? targets : targets.map((text) => (text.includes(".") ? text : `${text}.0`))),
    "]",
  ];
  return [...about.map((line) => `# ${line.replaceAll("\n", " ")}`), ...rows, ...y];
}

export type LossKind = "number" | "twoClasses" | "classes";

export function lossKindOf(recipe: Recipe, { loss }: LearningTask): LossKind {
  if (recipe.head === "softmax") return "classes";
  if (loss === "meanSquaredError") return "number";
  return loss === "binaryCrossEntropy" ? "twoClasses" : "classes";
}

export interface PythonNetwork {
  /** Inputs, hidden units, outputs. */
  readonly sizes: readonly number[];
  readonly kind: LossKind;
  /** Whether a unit that is never above 0 does nothing for its network. */
  readonly canDie: boolean;
  /** A softmax over one output was given labels that are none. */
  readonly hasAccuracy: boolean;
}

export function networkOf(recipe: Recipe, { task, spec }: ProgramTraining): PythonNetwork {
  return {
    sizes: [spec.inputs, ...spec.layers.map(({ units }) => units)],
    kind: lossKindOf(recipe, task),
    canDie: !["tanh", "sigmoid"].includes(recipe.activation),
    hasAccuracy: recipe.head === "usual",
  };
}

/** Layers have more than their sums and an activation: each is a module of its own. */
export const hasBlocks = (recipe: Recipe): boolean =>
  recipe.normalization !== "none" || recipe.dropout > 0 || hasResidual(recipe);

/** Batch normalization meets a batch of one row, an epoch's last or each. */
export function normalizesOneRow(frame: ProgramFrame, { task }: Pick<ProgramTraining, "task">): boolean {
  const { rows } = task.train.x;
  return (
    frame.recipe.normalization === "batch" &&
    plainStagesOf(frame).some(({ settings }) => (rows - 1) % settings.batch === 0)
  );
}

/** What the page does that the program leaves out. */
export function leftOut({ resets }: Recipe): string[] {
  return resets === "none" ? [] : [`# Left out: units that are reset while it trains (${RESET_TEXTS[resets]}).`];
}

/** A Python number: as JavaScript writes it, but for `1e-7`, which both read. */
export const number = (value: number): string => String(value);

/** The program's own. */
const CURE_FUNCTIONS: Readonly<Record<CureName, string>> = {
  liftBias: "lift_bias",
  recycle: "recycle",
  leakyRelu: "to_leaky_relu",
};

/** Each stage by itself: what is done before it, and how long it trains. */
export function stageLines(
  frame: ProgramFrame,
  write: {
    readonly edit: (edit: Act) => readonly string[];
    /** Before a stage whose decay is another than that of the one before. */
    readonly decay: (decay: number) => readonly string[];
  },
): string[] {
  let { decay } = frame.recipe;
  return plainStagesOf({ ...frame, step: Math.max(1, frame.step) }).flatMap(({ from, to, settings, acts }) => {
    const isDecayNew = settings.decay !== decay;
    decay = settings.decay;
    return [
      ...acts.flatMap((act) => {
        const { what, unit } = act;
        const only = unit ? `(${unit.layer}, ${unit.unit})` : "";
        const lines = isCure(what) ? [`${CURE_FUNCTIONS[what]}(${only})`] : write.edit(act);
        return lines.map((line, index) => (index === 0 ? `${line}  # after step ${from}` : line));
      }),
      ...(isDecayNew ? write.decay(decay) : []),
      ...(to > from ? [`${trainCall(to - from, settings)}  # to step ${to}`] : []),
    ];
  });
}

/** The deviation that a kernel starts with, where it is drawn with one that the page offers. */
export const deviationOf = (initializer: DenseSpec["kernelInitializer"]): number =>
  (initializer as { normal?: number }).normal === SMALL_START ? SMALL_START : LARGE_START;

/** The call of the program's own `train`. */
const trainCall = (steps: number, { batch, rate, clip }: LiveSettings): string =>
  `train(${steps}, batch=${batch}, rate=${number(rate)}${clip > 0 ? `, clip=${number(clip)}` : ""})`;

/** Whether its decay is above 0 at some time. */
export function everDecays(frame: ProgramFrame): boolean {
  return frame.recipe.decay > 0 || plainStagesOf(frame).some(({ settings }) => settings.decay > 0);
}

/** The functions of the cures that a training has had, each once; where one was for a unit alone, with `only`. */
export function cureFunctions(
  frame: ProgramFrame,
  functions: Readonly<Record<CureName, readonly string[]>>,
  asArray: (list: string) => string,
): string[] {
  const acts = plainStagesOf(frame).flatMap((stage) => stage.acts);
  const ofUnits = new Set(acts.filter(({ unit }) => unit).map(({ what }) => what));
  return curesOf(frame).flatMap((cure) => [
    ...(ofUnits.has(cure) ? functions[cure].flatMap((line) => withOnly(line, asArray)) : functions[cure]),
    "",
  ]);
}

/** A line of a cure's function as it is where it may be for one unit, given as its layer and its place. */
function withOnly(line: string, asArray: (list: string) => string): string[] {
  const [, indent, chosen] = /^( *)(dead|dormant) = /.exec(line) ?? [];
  if (chosen)
    return [
      line,
      `${indent}if only is not None:`,
      `${indent}    ${chosen} &= ${asArray(`[(place, unit) == only for unit in range(len(${chosen}))]`)}`,
    ];
  return [
    line
      .replace(/^(def \w+)\(\):/, "$1(only=None):")
      .replace(/^( *)for (.+) in (zip\(.+\)):$/, "$1for place, ($2) in enumerate($3):"),
  ];
}

/** The cures that a training has had, each once. */
export function curesOf(frame: ProgramFrame): CureName[] {
  return [...new Set(plainStagesOf(frame).flatMap(({ acts }) => acts.map(({ what }) => what).filter(isCure)))];
}

export const ABOUT = [
  "The same network, data, optimizer, rate and batches. The random numbers are others: weights start elsewhere in the",
  "same distribution, and rows come in another order.",
];
