// One program, faulty or mended, from one seed: trained, scored and diagnosed.
import { asRows, columnsOf, mean } from "./data.js";
import { autoTrainer, type Trained, umlaut } from "./rivals.js";
import type { Answer, Program, Training } from "./program.js";
import { createNetwork, diagnose, type Finding } from "../../../src/index.js";

export const SEEDS = [0, 1, 2] as const;

export type SideName = "faulty" | "repaired";
export type RivalName = "umlaut" | "autoTrainer";

export interface Run {
  readonly findings: readonly Finding[];
  /** What the rules of others say, by tool. */
  readonly rivals: Readonly<Record<RivalName, readonly string[]>>;
  /** What diagnose said in all. */
  readonly text: string;
  /** Accuracy, or R² of a regression, on the training rows. */
  readonly score: number;
  readonly seconds: number;
}

export const sideOf = ({ faulty, repair }: Program, side: SideName): Training =>
  side === "faulty" ? faulty : { ...faulty, ...repair };

const isOf = (loss: Training["loss"], ...names: readonly string[]) =>
  names.includes(typeof loss === "string" ? loss : loss.name);

/** The largest of several; one by itself: its nearest whole number. */
const labelOf = (values: readonly number[]) =>
  values.length === 1 ? Math.round(values[0]) : values.indexOf(Math.max(...values));

/** One number a row stands for all outputs. */
function r2Of(said: readonly (readonly number[])[], wanted: readonly (readonly number[])[]): number {
  const targets = columnsOf(wanted);
  const outputs = columnsOf(said);
  const pairs = outputs.map((values, c) => ({ values, target: targets[c] ?? targets[0] }));
  const sum = (of: (pair: (typeof pairs)[number]) => readonly number[]) =>
    pairs.reduce((total, pair) => total + mean(of(pair).map((value) => value ** 2)), 0);
  const error = sum(({ values, target }) => target.map((value, r) => value - values[r]));
  return 1 - error / sum(({ target }) => target.map((value) => value - mean(target)));
}

/**
 * Under an entropy the share of rows that are told right, with all their labels where they have several; R² of numbers.
 */
function scoreOf({ network, x, y, training: { loss } }: Trained): number {
  const { data, columns } = network.predict(x);
  const said = x.map((_, r) => Array.from(data.subarray(r * columns, (r + 1) * columns)));
  const wanted = asRows(y);
  if (isOf(loss, "binaryCrossEntropy") && wanted[0].length > 1)
    return share(said, (row, r) => row.every((value, c) => Math.round(value) === wanted[r][c]));
  if (isOf(loss, "binaryCrossEntropy", "crossEntropy"))
    return share(said, (row, r) => labelOf(row) === labelOf(wanted[r]));
  return r2Of(said, wanted);
}

const share = <T>(rows: readonly T[], isRight: (row: T, index: number) => boolean) =>
  rows.filter(isRight).length / rows.length;

/** Builds and trains it, and hands it on. */
export async function withTrained<T>(program: Program, side: SideName, seed: number, use: (trained: Trained) => T) {
  const training = sideOf(program, side);
  const { x, y } = training.data(seed);
  const { layers, loss, optimizer, epochs = 1, batchSize = 32, shuffle = true, train } = training;
  using network = await createNetwork({ inputs: x[0].length, layers, loss, seed }, { arithmetic: "reproducible" });
  const history = train
    ? train(network, { x, y }, seed)
    : await network.fit({ x, y }, { optimizer, epochs, batchSize, shuffle });
  return use({ training, network, x, y, history });
}

/** A diagnosis that throws is no silence: the error goes to the caller. */
export async function run(program: Program, side: SideName, seed: number): Promise<Run> {
  const started = performance.now();
  return withTrained(program, side, seed, (trained) => {
    const { network, x, y, history } = trained;
    const diagnosis = diagnose(network, x, { targets: y, history, proofs: false });
    const rivals = { umlaut: umlaut(trained), autoTrainer: autoTrainer(trained) };
    const seconds = (performance.now() - started) / 1000;
    return { findings: diagnosis.findings, rivals, text: String(diagnosis), score: scoreOf(trained), seconds };
  });
}

/** From each seed. */
export async function runAll(program: Program, side: SideName): Promise<Run[]> {
  const runs: Run[] = [];
  for (const seed of SEEDS) runs.push(await run(program, side, seed));
  return runs;
}

/** kind, or kind@layer. */
export const placed = ({ kind, layer }: Finding) => (layer === undefined ? kind : `${kind}@${layer}`);

export const causesOf = (findings: readonly Finding[]) => findings.filter((finding) => finding.role === "cause");

const answers = (layers: number, { kind, layer }: Finding, { kinds, layer: wanted }: Answer) =>
  kinds.includes(kind) && (wanted === undefined || layer === (wanted < 0 ? layers + wanted : wanted));

/** One of the causes is the answer. */
export function isNamed(program: Program, findings: readonly Finding[]): boolean {
  const { length } = program.faulty.layers;
  return causesOf(findings).some((cause) => program.answers.some((answer) => answers(length, cause, answer)));
}
