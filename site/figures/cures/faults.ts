// The rows and columns of the table: networks that something is wrong with, and what is done about it.
import { planeTask } from "../../tasks/built-in-tasks.js";
import type { LearningTask, LabelledRows } from "../../tasks/learning-task.js";
import { DEFAULTS, type Recipe } from "../../training/recipe.js";

/** What can be done to a network, in the package's words or the textbook's. */
export type Act = "lowerRate" | "positiveBias" | "leaky" | "lift" | "recycle" | "relu" | "calibrate" | "standardize";

export interface Cure {
  readonly name: string;
  /** What it does, for its column. */
  readonly what: string;
  /** In this order. */
  readonly acts: readonly Act[];
}

export interface Fault {
  readonly name: string;
  /** The network, in a few words. */
  readonly network: string;
  readonly recipe: Recipe;
  /** Epochs after which the fault has shown itself. */
  readonly sickAfter: number;
  /** Its inputs are not those of the workshop. */
  readonly isScaled?: boolean;
  /** What brings the dead back, and removes the cause. */
  readonly pair: Cure;
}

/** Epochs that each network trains once it was cured, or not. */
export const EPOCHS = 300;
/** "Lower rate": so much of it. */
export const LOWER = 1 / 4;
/** Of every hidden unit; 0.1 is what textbooks name. */
export const POSITIVE_BIAS = 0.1;

const pair = (name: string, acts: readonly Act[]): Cure => ({
  name,
  what: "bring back the dead, and remove the cause",
  acts,
});

export const FAULTS: readonly Fault[] = [
  {
    name: "Rate too high",
    network: "spiral, 10 and 8 units, rate 1.4",
    recipe: { ...DEFAULTS, rate: 1.4, seed: 3 },
    sickAfter: 57,
    pair: pair("Lift + lower rate", ["lift", "lowerRate"]),
  },
  {
    name: "Negative bias",
    network: "spiral, 10 and 8 units, every bias starts at -0.7",
    recipe: { ...DEFAULTS, bias: -0.7, rate: 0.3 },
    sickAfter: 57,
    pair: pair("Recycle + positive bias", ["recycle", "positiveBias"]),
  },
  {
    name: "Born dead",
    network: "circle, six layers of 3 units: one is closed before the first step",
    recipe: { ...DEFAULTS, data: "circle", layers: [3, 3, 3, 3, 3, 3], rate: 0.1, seed: 3 },
    sickAfter: 20,
    pair: pair("Recycle + positive bias", ["recycle", "positiveBias"]),
  },
  {
    name: "Unscaled inputs",
    network: "circle, 16 units; inputs of 35,000 to 95,000, and of 27 to 63",
    recipe: { ...DEFAULTS, data: "circle", layers: [16], rate: 0.1 },
    sickAfter: 5,
    isScaled: true,
    pair: pair("Recycle + standardize", ["recycle", "standardize"]),
  },
  {
    name: "Vanishing gradient",
    network: "spiral, five layers of 8 sigmoids",
    recipe: { ...DEFAULTS, layers: [8, 8, 8, 8, 8], activation: "sigmoid", rate: 0.5 },
    sickAfter: 57,
    pair: pair("ReLU, calibrated, lower rate", ["relu", "calibrate", "lowerRate"]),
  },
  {
    name: "Healthy sparsity",
    network: "circle, 16 units, each open on few samples",
    recipe: { ...DEFAULTS, data: "circle", layers: [16], bias: -0.3, rate: 0.1, seed: 4 },
    sickAfter: 57,
    pair: pair("Lift + lower rate", ["lift", "lowerRate"]),
  },
];

/** The columns but the last, which is each fault's own pair. */
export const CURES: readonly Cure[] = [
  { name: "Nothing", what: "it trains on as it is", acts: [] },
  { name: "Lower rate", what: "a quarter of the rate", acts: ["lowerRate"] },
  { name: "Positive bias", what: "every hidden bias is set to +0.1", acts: ["positiveBias"] },
  { name: "Leaky ReLU", what: "in every hidden unit, slope 0.01 below zero", acts: ["leaky"] },
  { name: "Lift", what: "dead units open on a tenth of the samples", acts: ["lift"] },
  { name: "Recycle", what: "dead units get new weights", acts: ["recycle"] },
];
export const COLUMNS = CURES.length + 1;

export const cureOf = (fault: Fault, column: number): Cure => CURES[column] ?? fault.pair;

/** Two columns as a table of people has them: an income and an age, say. */
const SCALES = [
  { middle: 65_000, size: 30_000 },
  { middle: 45, size: 18 },
];

function scaleRows({ x, y }: LabelledRows): LabelledRows {
  const data = x.data.map((value, i) => SCALES[i % 2].middle + SCALES[i % 2].size * value);
  return { x: { ...x, data }, y };
}

export function taskOf({ recipe, isScaled = false }: Fault): LearningTask {
  const task = planeTask(recipe.data as "spiral" | "circle");
  return isScaled ? { ...task, train: scaleRows(task.train), heldOut: scaleRows(task.heldOut) } : task;
}
