// One program, faulty or mended, from one seed: trained, scored and diagnosed.
import { asRows } from "./data.js";
import type { Answer, Program, Training } from "./program.js";
import {
  createNetwork,
  diagnose,
  type Diagnosis,
  type Finding,
  type History,
  type Network,
} from "../../../src/index.js";

export const SEEDS = [0, 1, 2] as const;

export type SideName = "faulty" | "repaired";

export interface Run {
  readonly findings: readonly Finding[];
  /** What diagnose said in all, or why it said nothing. */
  readonly text: string;
  /** Accuracy, or R² of a regression, on the training rows. */
  readonly score: number;
  readonly seconds: number;
}

/** What a judge may look at. */
export interface Trained {
  readonly training: Training;
  readonly network: Network;
  readonly x: readonly (readonly number[])[];
  readonly y: readonly number[] | readonly (readonly number[])[];
  readonly history: History;
}

export const sideOf = ({ faulty, repair }: Program, side: SideName): Training =>
  side === "faulty" ? faulty : { ...faulty, ...repair };

/** Share of rows whose largest output, or whose one output from a half on, is the label; R² for numbers. */
export function scoreOf({ network, x, y, training }: Trained): number {
  const { data, columns } = network.predict(x);
  const isEntropy = typeof training.loss === "object";
  const wanted = asRows(y);
  const row = (r: number) => Array.from(data.subarray(r * columns, (r + 1) * columns));
  if (isEntropy || training.layers.at(-1)!.activation === "softmax") {
    const labelOf = (values: readonly number[]) =>
      values.length === 1 ? Math.round(values[0]) : values.indexOf(Math.max(...values));
    return wanted.filter((values, r) => labelOf(values) === labelOf(row(r))).length / wanted.length;
  }
  const { r2 } = network.evaluate({ x, y });
  return r2 ?? NaN;
}

/** Builds and trains it, and hands it on. */
export async function withTrained<T>(program: Program, side: SideName, seed: number, use: (trained: Trained) => T) {
  const training = sideOf(program, side);
  const { x, y } = training.data(seed);
  const { layers, loss, optimizer, epochs = 1, batchSize = 32, shuffle = true } = training;
  using network = await createNetwork({ inputs: x[0].length, layers, loss, seed }, { arithmetic: "reproducible" });
  const history = await network.fit({ x, y }, { optimizer, epochs, batchSize, shuffle });
  return use({ training, network, x, y, history });
}

function diagnoseSafely({ network, x, y, history }: Trained): Pick<Diagnosis, "findings"> & { readonly text: string } {
  try {
    const diagnosis = diagnose(network, x, { targets: y, history, proofs: false });
    return { findings: diagnosis.findings, text: String(diagnosis) };
  } catch (error) {
    return { findings: [], text: `threw: ${(error as Error).message}` };
  }
}

export async function run(program: Program, side: SideName, seed: number): Promise<Run> {
  const started = performance.now();
  return withTrained(program, side, seed, (trained) => {
    const { findings, text } = diagnoseSafely(trained);
    return { findings, text, score: scoreOf(trained), seconds: (performance.now() - started) / 1000 };
  });
}

/** What a finding is held for: before findings said it themselves, all were causes but the good news. */
export const roleOf = (finding: Finding): string =>
  (finding as { readonly role?: string }).role ?? (finding.kind === "healthySparsity" ? "remark" : "cause");

export const causesOf = (findings: readonly Finding[]) => findings.filter((finding) => roleOf(finding) === "cause");

const answers = (layers: number, { kind, layer }: Finding, { kinds, layer: wanted }: Answer) =>
  kinds.includes(kind) && (wanted === undefined || layer === (wanted < 0 ? layers + wanted : wanted));

/** One of the causes is the answer. */
export function isNamed(program: Program, findings: readonly Finding[]): boolean {
  const { length } = program.faulty.layers;
  return causesOf(findings).some((cause) => program.answers.some((answer) => answers(length, cause, answer)));
}
