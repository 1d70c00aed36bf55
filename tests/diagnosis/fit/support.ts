// What the tests of findings on structure and data share: rows without randomness, and a training with its findings.
import { expect } from "vitest";
import {
  diagnose,
  type DiagnoseOptions,
  type Finding,
  type FindingKind,
  type FitOptions,
  type Network,
  type NetworkSpec,
  type Targets,
} from "../../../src/index.js";
import { withNetwork } from "../../support/networks.js";
import type { Rows } from "../../reference/network.js";

/** A sequence of low discrepancy in [0, 1). */
export const spot = (i: number, k: number): number => ((i + 1) * [0.7548776662, 0.569840291, 0.430159709][k]) % 1;

/** 400 rows in [-2, 2]². */
export const SQUARE: Rows = Array.from({ length: 400 }, (_, i) => [4 * spot(i, 0) - 2, 4 * spot(i, 1) - 2]);

/** The findings after a training, or at the start. */
export function findingsAfter(
  spec: NetworkSpec,
  x: Rows,
  y: Targets,
  fit?: FitOptions,
  look?: (network: Network, options: DiagnoseOptions) => void,
): Promise<readonly Finding[]> {
  return withNetwork(spec, async (network) => {
    const history = fit && (await network.fit({ x, y }, fit));
    const options: DiagnoseOptions = { targets: y, proofs: false, ...(history && { history }) };
    look?.(network, options);
    return diagnose(network, x, options).findings;
  });
}

export const only = (findings: readonly Finding[], kind: FindingKind): Finding[] =>
  findings.filter((finding) => finding.kind === kind);

export const causesOf = (findings: readonly Finding[]): FindingKind[] =>
  findings.filter(({ role }) => role === "cause").map(({ kind }) => kind);

/** The figure is there, and the message has it too. */
export function expectFigures(finding: Finding, figures: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(figures)) {
    expect(finding.figures?.[name], `${name} of ${finding.kind}`).toBeCloseTo(value, 4);
    expect(finding.message).not.toMatch(/NaN|undefined/);
  }
}
