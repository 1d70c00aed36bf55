// Runs one case and lists whatever is wrong with it: the verdict against the book, and the book against float64.
import type { Case, Dead, Verdict } from "./case.js";
import { trueFindings } from "./true-findings.js";
import { canMove, mechanismOf, opens, probesOf, stateOf } from "./truth.js";
import {
  createNetwork,
  diagnose,
  type Diagnosis,
  type DiagnoseOptions,
  type FindingKind,
  type Network,
  type UnitDiagnosis,
} from "../../src/index.js";
import { toReference } from "../support/networks.js";
import { forward, type ReferenceLayer, type Rows } from "../reference/network.js";

/** Builds the case's network and hands it on. */
export async function withCase<T>(
  { layers, loss = "meanSquaredError" }: Pick<Case, "layers" | "loss">,
  use: (network: Network) => T | Promise<T>,
): Promise<T> {
  const last = layers.length - 1;
  const network = await createNetwork({
    inputs: layers[0].kernel.length,
    layers: layers.map(({ activation, bias }, index) => ({
      units: bias.length,
      activation: activation ?? (index === last ? "linear" : "relu"),
    })),
    loss,
  });
  try {
    layers.forEach(({ kernel, bias, alpha }, index) =>
      network.layers[index].setWeights({
        kernel: Float32Array.from(kernel.flat()),
        bias: Float32Array.from(bias),
        ...(alpha && { alpha: Float32Array.from(alpha) }),
      }),
    );
    return await use(network);
  } finally {
    network.dispose();
  }
}

const toFloat32 = (rows: Rows): Rows => rows.map((row) => row.map(Math.fround));
const asDead = (verdict: Verdict): Dead | undefined => (typeof verdict === "string" ? undefined : verdict);

export function boxOf({ x, options }: Case): { low: number[]; high: number[] } {
  if (options?.inputBox) return { low: Array.from(options.inputBox.low), high: Array.from(options.inputBox.high) };
  const columns = toFloat32(x)[0].map((_, i) => x.map((row) => Math.fround(row[i])));
  return { low: columns.map((values) => Math.min(...values)), high: columns.map((values) => Math.max(...values)) };
}

/** The book against the referee. */
export function checkBook(one: Case, layers: readonly ReferenceLayer[]): string[] {
  const x = toFloat32(one.x);
  const passes = forward(layers, x);
  const thresholds = { rareBelow: one.options?.rareBelow ?? 0.01, dormantBelow: one.options?.dormantBelow ?? 0.025 };
  return one.expected.units.flatMap((verdicts, layer) =>
    verdicts.flatMap((verdict, unit) => {
      const found: [string, unknown, unknown][] = [];
      const expected = asDead(verdict);
      found.push(["state", expected ? "dead" : verdict, stateOf(layers[layer], passes[layer], unit, thresholds)]);
      if (expected) {
        found.push(["mechanism", expected.mechanism, mechanismOf(layers, x, layer, unit)]);
        found.push(["permanent", expected.permanent, !canMove(layers, x, layer, unit)]);
        const { low, high } = boxOf(one);
        if (expected.proof)
          found.push(["refuted", expected.proof.includes("refuted"), opens(layers, probesOf(low, high), layer, unit)]);
      }
      return found.flatMap(([what, book, truth]) =>
        book === truth
          ? []
          : [`book: layer ${layer} unit ${unit} ${what} is ${String(book)}, float64 says ${String(truth)}`],
      );
    }),
  );
}

function checkProof(
  one: Case,
  layers: readonly ReferenceLayer[],
  { layer, unit, proof, wakingInput }: UnitDiagnosis,
): string[] {
  const { low, high } = boxOf(one);
  const where = `layer ${layer} unit ${unit}`;
  if (proof === "refuted") {
    const input = Array.from(wakingInput ?? []);
    const isInside = input.length === low.length && input.every((value, i) => value >= low[i] && value <= high[i]);
    return isInside && opens(layers, [input], layer, unit) ? [] : [`${where} is not woken by [${input.join(", ")}]`];
  }
  if (wakingInput !== undefined) return [`${where} has a waking input without a refutation`];
  return proof === "provenDead" && opens(layers, probesOf(low, high), layer, unit)
    ? [`${where} is proved dead and opens on the box`]
    : [];
}

/** The verdicts against the book. */
export function checkVerdicts(one: Case, diagnosis: Diagnosis, layers: readonly ReferenceLayer[]): string[] {
  const found: [string, unknown, unknown][] = [
    [
      "shape",
      one.expected.units.map(({ length }) => length).join(),
      diagnosis.layers.map(({ units }) => units.length).join(),
    ],
  ];
  const wrong: string[] = [];
  one.expected.units.forEach((verdicts, layer) =>
    verdicts.forEach((verdict, unit) => {
      const said = diagnosis.layers[layer].units[unit];
      const expected = asDead(verdict);
      const where = `layer ${layer} unit ${unit}`;
      found.push(
        [`${where} state`, expected ? "dead" : verdict, said.state],
        [`${where} mechanism`, expected?.mechanism, said.mechanism],
        [`${where} permanent`, expected?.permanent, said.permanent],
      );
      if (expected?.proof && !expected.proof.some((proof) => proof === said.proof))
        wrong.push(`${where} proof: expected ${expected.proof.join(" or ")}, got ${String(said.proof)}`);
      if (!expected && said.proof !== undefined) wrong.push(`${where} is not dead and has a proof`);
      wrong.push(...checkProof(one, layers, said));
    }),
  );
  return [
    ...found.flatMap(([what, wanted, said]) =>
      wanted === said ? [] : [`${what}: expected ${String(wanted)}, got ${String(said)}`],
    ),
    ...wrong,
  ];
}

/** The findings against the book, and those that are facts against float64. */
export function checkFindings(
  one: Case,
  { findings }: Pick<Diagnosis, "findings">,
  layers: readonly ReferenceLayer[],
): string[] {
  const { present = [], absent = [] } = one.expected;
  const messageOf = (kind: FindingKind) => findings.find((finding) => finding.kind === kind)?.message;
  const facts = Object.entries(trueFindings(one, layers, toFloat32(one.x))) as [FindingKind, boolean][];
  const misbooked = facts.filter(([kind, holds]) => (holds ? absent : present).includes(kind));
  const wanted: [FindingKind, boolean][] = [
    ...present.map((kind) => [kind, true] as [FindingKind, boolean]),
    ...absent.map((kind) => [kind, false] as [FindingKind, boolean]),
    ...facts,
  ];
  const wrong = new Map(wanted.filter(([kind, holds]) => holds !== (messageOf(kind) !== undefined)));
  return [
    ...misbooked.map(([kind, holds]) => `book: float64 says that ${kind} ${holds ? "holds" : "does not hold"}`),
    ...Array.from(wrong, ([kind, holds]) =>
      holds
        ? `finding ${kind} is missing (found: ${findings.map((finding) => finding.kind).join(", ")})`
        : `finding ${kind} is false: ${messageOf(kind)}`,
    ),
  ];
}

export function diagnoseCase(one: Case, network: Network): Diagnosis {
  const options: DiagnoseOptions = {
    proofs: true,
    ...one.options,
    ...(one.targets && { targets: one.targets }),
    ...(one.history && { history: one.history }),
  };
  return diagnose(network, one.x, options);
}

/** All that is wrong with a case; nothing, if all is well. */
export function checkCase(one: Case): Promise<string[]> {
  return withCase(one, (network) => {
    const layers = toReference(network);
    const diagnosis = diagnoseCase(one, network);
    return [
      ...checkBook(one, layers),
      ...checkVerdicts(one, diagnosis, layers),
      ...checkFindings(one, diagnosis, layers),
    ];
  });
}
