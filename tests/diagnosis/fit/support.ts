// What the tests of findings on structure and data share: the findings of a training, and their figures.
import { expect } from "vitest";
import type { Finding, FindingKind, FitOptions, Network, NetworkSpec, Targets } from "../../../src/index.js";
import type { Rows } from "../../reference/network.js";
import { causesOf as causesOfDiagnosis, diagnosisAfter } from "../support.js";

/** The findings after a training, or at the start. */
export const findingsAfter = async (
  spec: NetworkSpec,
  x: Rows,
  y: Targets,
  fit?: FitOptions,
  change?: (network: Network) => void,
): Promise<readonly Finding[]> => (await diagnosisAfter(spec, x, y, fit, {}, change)).findings;

export const only = (findings: readonly Finding[], kind: FindingKind): Finding[] =>
  findings.filter((finding) => finding.kind === kind);

export const causesOf = (findings: readonly Finding[]): FindingKind[] => causesOfDiagnosis({ findings });

/** The figure is there, and the message has it too. */
export function expectFigures(finding: Finding, figures: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(figures)) {
    expect(finding.figures?.[name], `${name} of ${finding.kind}`).toBeCloseTo(value, 4);
    expect(finding.message).not.toMatch(/NaN|undefined/);
  }
}
