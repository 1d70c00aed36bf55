// Checkpoints of `relumine train`: the network's file with the training in it (see formats/training-state.ts), and the
// options that it began with.
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { readModel } from "./files.js";
import { flagOf, NORMALIZATIONS, TRAIN_LOSSES, type TrainingOptions } from "./options.js";
import { OPTIMIZER_NAMES } from "../network/training/optimizers/names.js";
import { saveFile } from "./save-file.js";
import type { Terminal } from "./terminal.js";
import { ACTIVATION_NAMES } from "../activations/activations.js";
import { COLUMN_CHOICES, type ColumnChoices } from "../table/column-choice.js";
import { errorIn, RelumineError } from "../core/errors.js";
import {
  type Check,
  flag,
  integer,
  list,
  number,
  numberFrom,
  object,
  oneOf,
  optional,
  text,
} from "../core/stored-values.js";
import { parseStrictJson } from "../core/strict-json.js";
import type { Callback, Network } from "../index.js";

const METADATA_NAME = "training options";
const DEPTH = 2;
const LEFT_OUT = "left out";
const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `30s`, `5m`, `500ms`, `1h`: in milliseconds. */
export function duration(words: string): number {
  const [, count, unit] = /^(\d{1,9}(?:\.\d+)?)(ms|s|m|h)$/.exec(words) ?? [];
  if (count === undefined) throw new InvalidArgumentError("It has to be a time such as 30s, 5m or 1h.");
  return Number(count) * UNITS[unit];
}

/** The options that decide what is learnt, by their names in the program. */
type Decisive = Omit<TrainingOptions, "json">;

interface Stored extends Decisive {
  /** Epochs from one frame of the activity to the next. */
  readonly framesEvery: number;
}

const checkColumns: Check<ColumnChoices> = (path, value) => {
  const names = typeof value === "object" && value !== null ? Object.keys(value) : [];
  return object<ColumnChoices>(Object.fromEntries(names.map((name) => [name, oneOf(COLUMN_CHOICES)])))(path, value);
};

/** Each as the file keeps it: what is not given is not there. */
const DECISIVE_CHECKS: { readonly [Name in keyof Decisive]-?: Check<Decisive[Name]> } = {
  separator: optional(text),
  header: optional(flag),
  columns: checkColumns,
  target: optional(text),
  task: optional(oneOf(["classification", "regression"] as const)),
  ignore: list(text),
  hidden: list(integer(1, 2 ** 20), 1),
  epochs: integer(1, 1e6),
  batchSize: integer(1, 1e6),
  validation: numberFrom(0, 1),
  seed: integer(0),
  optimizer: oneOf(OPTIMIZER_NAMES),
  learningRate: optional(numberFrom(0, 3e38)),
  schedule: optional(text),
  accumulate: optional(integer(1, 2 ** 20)),
  activation: oneOf(ACTIVATION_NAMES),
  bias: (path, value) => (value === false ? value : number(path, value)),
  normalization: optional(oneOf(NORMALIZATIONS)),
  dropout: optional(numberFrom(0, 1)),
  l1: optional(numberFrom(0, 3e38)),
  l2: optional(numberFrom(0, 3e38)),
  maxNorm: optional(numberFrom(0, 3e38)),
  residual: optional(flag),
  classWeights: optional(oneOf(["balanced"] as const)),
  labelSmoothing: optional(numberFrom(0, 1)),
  loss: optional(oneOf(TRAIN_LOSSES)),
};
const checkOptions = object<Stored>({ framesEvery: integer(1), ...DECISIVE_CHECKS });
const DECISIVE = Object.keys(DECISIVE_CHECKS) as (keyof Decisive)[];

function decisive(options: Decisive): Decisive {
  return Object.fromEntries(DECISIVE.map((name) => [name, options[name]])) as unknown as Decisive;
}

/** A checkpoint that was read. */
export interface Checkpoint {
  readonly file: string;
  readonly network: Network;
  /** Those that the training began with, but for the epochs: so many were wanted last. */
  readonly options: Stored;
}

/** @throws RelumineError about the file */
export async function readCheckpoint(file: string): Promise<Checkpoint> {
  const bytes = await readModel(file, "relumine train --checkpoint");
  const { importNetwork, readMetadata } = await import("../index.js");
  try {
    const stored = readMetadata(bytes)[METADATA_NAME];
    if (stored === undefined)
      throw new RelumineError("format", "", "to be what --checkpoint wrote", "a network without its training");
    const options = checkOptions("its options", parseStrictJson("its options", stored, DEPTH));
    return { file, network: await importNetwork(bytes), options };
  } catch (error) {
    throw error instanceof RelumineError ? errorIn(file, error) : error;
  }
}

/** As it was written on the command line; lists and choices of nothing are left out there. */
function wordsOf(value: unknown): string {
  if (typeof value !== "object" || value === null) return value === undefined ? LEFT_OUT : String(value);
  const words = Array.isArray(value)
    ? value
    : Object.entries(value).map(([name, choice]) => `${name}=${String(choice).replaceAll(" ", "-")}`);
  return words.length === 0 ? LEFT_OUT : words.join(",");
}

/**
 * The options of a training that goes on: those it began with, and of those that are given the rest; `epochs` may grow.
 * @throws RelumineError "value" for one that would have made it another training
 */
export function mergeOptions<T extends Decisive>(given: T, { file, options }: Checkpoint, command: Command): T {
  const isGiven = (name: string) => command.getOptionValueSource(name) === "cli";
  for (const name of DECISIVE) {
    if (name === "epochs" || !isGiven(name) || JSON.stringify(given[name]) === JSON.stringify(options[name])) continue;
    const expected = `to be ${wordsOf(options[name])}, as ${file} was begun`;
    throw new RelumineError("value", flagOf(name), expected, wordsOf(given[name]));
  }
  return { ...given, ...decisive(options), ...(isGiven("epochs") && { epochs: given.epochs }) };
}

/** What fit refuses, in the words of the command line. */
export function explainRefusal(error: unknown, { file }: Checkpoint): unknown {
  if (!(error instanceof RelumineError)) return error;
  if (/^(?:data|validation|trainingRows)\b/.test(error.path))
    return new RelumineError("value", "the table", `to be the one that ${file} was begun with`, "another");
  return errorIn(file, error);
}

/** What became of a training's checkpoints. */
export interface CheckpointOutcome {
  readonly file: string;
  /** Why the last one could not be written. */
  readonly error?: string;
}

/** Writes a training's checkpoints to one file: now and then, and when it is asked to. */
export class Checkpointer {
  private last = performance.now();
  private failure: string | undefined;

  constructor(
    private readonly file: string,
    private readonly every: number,
    private readonly options: Decisive,
    private readonly framesEvery: number,
    private readonly metadata: Readonly<Record<string, string>>,
    private readonly terminal: Terminal,
  ) {}

  get outcome(): CheckpointOutcome {
    return { file: this.file, ...(this.failure !== undefined && { error: this.failure }) };
  }

  /** To be the last of a fit's callbacks: what the others have heard of is then in the file. */
  get callback(): Callback {
    const { epochs } = this.options;
    return {
      onBatchEnd: (_log, { network }) =>
        performance.now() - this.last >= this.every ? this.write(network) : undefined,
      onEpochEnd: ({ epoch }, { network }) => (epoch === epochs ? this.write(network) : undefined),
    };
  }

  /** What can't be written is told, and the training goes on. */
  async write(network: Network): Promise<void> {
    const { exportNetwork } = await import("../index.js");
    const stored: Stored = { ...decisive(this.options), framesEvery: this.framesEvery };
    const metadata = { ...this.metadata, [METADATA_NAME]: JSON.stringify(stored) };
    try {
      await saveFile(this.file, await exportNetwork(network, "safetensors", { metadata, training: true }));
      this.failure = undefined;
    } catch (error) {
      if (!(error instanceof RelumineError)) throw error;
      if (this.failure !== error.message) this.terminal.fail(`the checkpoint was not written: ${error.message}`);
      this.failure = error.message;
    }
    this.last = performance.now();
  }
}
