// What is varied often, by short names: where a draft is changed by each, and what a training has there.
import { type Draft, type DraftedTrial, readOptimizer } from "./base.js";
import { copyPlain, type Plain, type PlainObject } from "./plain.js";
import { checkInteger } from "../../core/checks.js";
import { readScheduleWords } from "../../network/training/schedules/schedule-words.js";
import { checkSchedule } from "../../network/training/schedules/schedules.js";
import type { ResolvedSpec } from "../../network/spec.js";

/** What one axis changes. */
export interface Target {
  /** Two axes of the same place would undo each other. */
  readonly place: string;
  /** Those that make layers come before those that change them. */
  readonly order: number;
  apply(draft: Draft, value: Plain): void;
}

interface NamedTarget extends Target {
  /** What a trial has there; undefined where its layers differ. */
  own(trial: DraftedTrial): unknown;
}

export const hiddenOf = ({ spec }: Draft): PlainObject[] => (spec.layers as PlainObject[]).slice(0, -1);

function changeHidden(draft: Draft, name: string, value: Plain): void {
  for (const layer of hiddenOf(draft)) layer[name] = structuredClone(value);
}

/** As many hidden layers, each like the one before it where there was none. */
function setDepth(draft: Draft, depth: number): void {
  const hidden = hiddenOf(draft);
  const [output] = (draft.spec.layers as PlainObject[]).slice(-1);
  const layers = Array.from({ length: depth }, (_, i) => structuredClone(hidden[Math.min(i, hidden.length - 1)]));
  draft.spec.layers = [...layers, output];
}

function setUnits(draft: Draft, value: Plain): void {
  if (!Array.isArray(value)) return changeHidden(draft, "units", value);
  setDepth(draft, value.length);
  hiddenOf(draft).forEach((layer, i) => (layer.units = value[i]));
}

/** What is told a layer; false: what it has where nothing is told. */
function tell(layer: PlainObject, name: string, value: Plain): void {
  if (value === false) delete layer[name];
  else layer[name] = structuredClone(value);
}

const tellHidden = (name: string) => (draft: Draft, value: Plain) =>
  hiddenOf(draft).forEach((layer) => tell(layer, name, value));

/** A penalty on the kernels of all layers, the last among them. */
function setPenalty(draft: Draft, name: "l1" | "l2", value: Plain): void {
  for (const layer of draft.spec.layers as PlainObject[])
    layer.kernelRegularizer = { ...(layer.kernelRegularizer as PlainObject | undefined), [name]: value };
}

const penalty = (name: "l1" | "l2"): NamedTarget => ({
  place: name,
  order: 2,
  apply: (draft, value) => setPenalty(draft, name, value),
  own: (trial) => {
    const [first, ...rest] = trial.settings.spec.layers.map(({ kernelRegularizer }) => kernelRegularizer?.[name] ?? 0);
    return rest.every((each) => each === first) ? first : undefined;
  },
});

/** Words as the command line takes them, or data; false: the rate stays. */
function setSchedule({ fit }: Draft, value: Plain): void {
  const schedule = typeof value === "string" ? readScheduleWords(value) : value;
  if (schedule === false) delete fit.learningRate;
  else fit.learningRate = copyPlain("schedule", checkSchedule("schedule", schedule));
}

const optionsOf = ({ fit }: Draft) => (fit.optimizer as PlainObject).options as PlainObject;

/** What all hidden layers have; undefined where they differ, or there is none. */
function common({ settings }: DraftedTrial, read: (layer: ResolvedSpec["layers"][number]) => unknown): unknown {
  const values = settings.spec.layers.slice(0, -1).map(read);
  return new Set(values.map((value) => JSON.stringify(value))).size === 1 ? values[0] : undefined;
}

export const NAMED: Readonly<Record<string, NamedTarget>> = {
  depth: {
    place: "depth",
    order: 0,
    apply: (draft, value) => setDepth(draft, checkInteger("depth", value, { low: 1, high: 1000 })),
    own: ({ settings }) => settings.spec.layers.length - 1,
  },
  units: {
    place: "units",
    order: 1,
    apply: setUnits,
    own: (trial) => common(trial, ({ units }) => units),
  },
  activation: {
    place: "activation",
    order: 2,
    apply: (draft, value) => changeHidden(draft, "activation", value),
    own: (trial) => common(trial, ({ activation }) => activation.name),
  },
  bias: {
    place: "bias",
    order: 2,
    apply: (draft, value) => changeHidden(draft, "biasInitializer", value),
    own: (trial) => common(trial, ({ biasInitializer }) => biasInitializer),
  },
  normalization: {
    place: "normalization",
    order: 2,
    apply: tellHidden("normalization"),
    own: (trial) => common(trial, ({ normalization }) => normalization?.kind ?? false),
  },
  dropout: {
    place: "dropout",
    order: 2,
    apply: tellHidden("dropout"),
    own: (trial) => common(trial, ({ dropout = 0 }) => dropout),
  },
  maxNorm: {
    place: "maxNorm",
    order: 2,
    apply: tellHidden("maxNorm"),
    own: (trial) => common(trial, ({ maxNorm = false }) => maxNorm),
  },
  l1: penalty("l1"),
  l2: penalty("l2"),
  optimizer: {
    place: "fit.optimizer",
    order: 2,
    apply: (draft, value) => void (draft.fit.optimizer = readOptimizer("optimizer", value)),
    own: ({ settings }) => settings.optimizer.name,
  },
  learningRate: {
    place: "fit.optimizer.options.learningRate",
    order: 3,
    apply: (draft, value) => void (optionsOf(draft).learningRate = value),
    own: ({ settings }) => (settings.optimizer.options as PlainObject).learningRate,
  },
  schedule: {
    place: "fit.learningRate",
    order: 2,
    apply: setSchedule,
    own: ({ settings }) => settings.schedule?.name ?? false,
  },
  batchSize: {
    place: "fit.batchSize",
    order: 3,
    apply: (draft, value) => void (draft.fit.batchSize = value),
    own: ({ settings }) => settings.batchSize,
  },
  epochs: {
    place: "fit.epochs",
    order: 3,
    apply: (draft, value) => void (draft.fit.epochs = value),
    own: ({ epochs }) => epochs,
  },
};
