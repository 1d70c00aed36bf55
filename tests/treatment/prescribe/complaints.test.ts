// What is wrong with the baseline, of runs that are made up: every cause has its place among the complaints.
import { describe, expect, it } from "vitest";
import type { Finding, FindingKind, FindingRole } from "../../../src/diagnosis/types.js";
import { findComplaints } from "../../../src/treatment/prescribe/complaints.js";
import type { BaselineRun } from "../../../src/treatment/trial/examine-run.js";

const finding = (kind: FindingKind, role: FindingRole = "cause"): Finding => ({ kind, role, message: "", advice: "" });

const runWith = (findings: readonly Finding[], more: Partial<BaselineRun> = {}): BaselineRun => ({
  losses: [1],
  units: 10,
  dead: 0,
  hasDeadLayer: false,
  closedByBias: 0,
  findings,
  causes: {},
  ...more,
});

/** By themselves, or where nothing else explains that nothing was learned. */
const CAUSES: readonly FindingKind[] = [
  "oneClassPredicted",
  "overfitting",
  "heldOutElsewhere",
  "stillLearning",
  "stepsTooSmall",
  "highRate",
  "divergence",
  "decayCollapse",
  "heldDown",
  "statisticsMismatch",
  "labelsMismatch",
  "linearNetwork",
  "bottleneck",
  "closedSamples",
  "unscaledTargets",
  "outlierInputs",
  "singleUnitSoftmax",
  "lossMismatch",
  "vanishingGradient",
  "collapsedOutput",
  "deadOutputUnits",
  "constantTogether",
  "constantInputs",
  "uncenteredInputs",
  "unscaledInputs",
  "singleClass",
  "lowTargetVariance",
];

describe("findComplaints", () => {
  it.each(CAUSES)("%s is a complaint where it is a cause, and named", (kind) => {
    const { all, hasCause, reason } = findComplaints([runWith([finding(kind)])], false, true);
    expect(all).toContain(kind);
    expect(hasCause).toBe(true);
    expect(reason).toContain(kind);
  });

  it("names causes in the order in which they are answered", () => {
    const kinds: readonly FindingKind[] = ["unscaledInputs", "singleClass", "labelsMismatch"];
    const { all, reason } = findComplaints([runWith(kinds.map((kind) => finding(kind)))], false, true);
    const order = ["labelsMismatch", "singleClass", "unscaledInputs"];
    expect(all.filter((complaint) => kinds.some((kind) => kind === complaint))).toEqual(order);
    expect(order.map((kind) => reason.indexOf(kind))).toEqual(
      order.map((kind) => reason.indexOf(kind)).sort((a, b) => a - b),
    );
  });

  it("what units die of comes before the output that collapsed with them", () => {
    const dead = { dead: 9, hasDeadLayer: true, closedByBias: 9, causes: { born: 9 } };
    const { all, fault, reason } = findComplaints([runWith([finding("collapsedOutput")], dead)], false, true);
    expect([fault, all[0]]).toEqual(["negativeBias", "negativeBias"]);
    expect(reason).toMatch(/comes first; diagnose names collapsedOutput/);
  });

  it("remarks are none, nor symptoms that tell of nothing to do", () => {
    const findings = [finding("constantInputs", "remark"), finding("collapsedOutput", "symptom")];
    const { all, hasCause } = findComplaints([runWith(findings)], false, true);
    expect(all).toEqual(["notLearned"]);
    expect(hasCause).toBe(false);
  });

  it("has learned by its score, or by the answers that are right", () => {
    const judged = (learning: BaselineRun["learning"]) =>
      findComplaints([runWith([], { learning })], false, true).all.includes("notLearned");
    expect(judged({ score: 0.95 })).toBe(false);
    expect(judged({ score: 0.5 })).toBe(true);
    expect(judged({ score: 0.5, accuracy: 0.99, constantAccuracy: 0.5 })).toBe(false);
    expect(judged({ score: 0.5, accuracy: 1, constantAccuracy: 1 })).toBe(true);
    expect(judged({})).toBe(false);
  });
});
