// Every case of the book: what diagnose and traceDeaths say against what the case says, and both against the float64
// referee.
import { describe, expect, test } from "vitest";
import { type Case, dead } from "./case.js";
import { checkBook, checkCase, checkFindings, checkVerdicts, diagnoseCase, withCase } from "./check.js";
import { checkDeathCase, checkReplay, checkTrace, runDeathCase } from "./check-deaths.js";
import { DEATHS } from "./deaths.js";
import { EVIDENCE } from "./evidence.js";
import { FINDINGS } from "./findings.js";
import { LOOKALIKES } from "./lookalikes.js";
import { MECHANISMS } from "./mechanisms.js";
import { STATES } from "./states.js";
import { whoIsRight } from "./table.js";
import { toReference } from "../support/networks.js";

const BOOK = { states: STATES, mechanisms: MECHANISMS, evidence: EVIDENCE, findings: FINDINGS, lookalikes: LOOKALIKES };
const CASES = Object.values(BOOK).flat();
let checked = 0;

for (const [subject, cases] of Object.entries(BOOK)) {
  describe(subject, () => {
    test.each(cases.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
      const wrong = await checkCase(one);
      checked++;
      expect(wrong, one.why).toEqual([]);
    });
  });
}

describe("deaths", () => {
  test.each(DEATHS.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
    const wrong = await checkDeathCase(one);
    checked++;
    expect(wrong, one.why).toEqual([]);
  });
});

describe("the book", () => {
  test("at least sixty cases were checked, each under a name of its own", () => {
    expect(checked).toBe(CASES.length + DEATHS.length);
    expect(checked).toBeGreaterThanOrEqual(60);
    expect(new Set([...CASES, ...DEATHS].map(({ name }) => name)).size).toBe(checked);
  });

  test("it has every state, mechanism, proof and cause, and every finding both ways", () => {
    const verdicts = CASES.flatMap(({ expected }) => expected.units.flat());
    const corpses = verdicts.flatMap((verdict) => (typeof verdict === "string" ? [] : [verdict]));
    const sorted = (values: readonly unknown[]) => [...new Set(values)].map(String).sort();
    expect(sorted(verdicts.map((verdict) => (typeof verdict === "string" ? verdict : verdict.state)))).toEqual([
      "alive",
      "dead",
      "dormant",
      "linear",
      "rare",
      "saturated",
    ]);
    expect(sorted(corpses.map(({ mechanism }) => mechanism))).toEqual([
      "negativeBias",
      "negativeWeights",
      "silentInputs",
    ]);
    expect(sorted(corpses.map(({ permanent }) => permanent))).toEqual(["false", "true"]);
    expect(sorted(corpses.flatMap(({ proof = [] }) => proof))).toEqual(["open", "provenDead", "refuted"]);
    expect(sorted(DEATHS.flatMap(({ expected }) => expected.deaths.map(({ cause }) => cause)))).toEqual([
      "born",
      "drift",
      "learningRate",
      "momentum",
      "upstream",
      "weightDecay",
    ]);
    const kinds = [
      "collapsedOutput",
      "constantInputs",
      "constantTogether",
      "divergence",
      "duplicateInputs",
      "healthySparsity",
      "lossMismatch",
      "lowTargetVariance",
      "noGradientFromAbove",
      "silentTogether",
      "singleClass",
      "singleUnitSoftmax",
      "uncenteredInputs",
      "unscaledInputs",
      "vanishingGradient",
      "zeroOutgoingWeights",
    ];
    for (const side of ["present", "absent"] as const)
      expect(sorted(CASES.flatMap(({ expected }) => expected[side] ?? []))).toEqual(expect.arrayContaining(kinds));
  });

  test("README.md says who is right today", async () => {
    await expect(await whoIsRight(BOOK, DEATHS.length)).toMatchFileSnapshot("README.md");
  });
});

describe("the checker sees a falsified book, and a wrong verdict", () => {
  const truth = STATES.find(({ name }) => name === "dead, alive and linear side by side")!;
  const falsified: readonly (readonly [string, Case["expected"]])[] = [
    ["a state", { units: [[dead("negativeBias", true), "linear", "linear"]] }],
    ["a death", { units: [["alive", "alive", "linear"]] }],
    ["a mechanism", { units: [[dead("negativeWeights", true), "alive", "linear"]] }],
    ["permanence", { units: [[dead("negativeBias", false), "alive", "linear"]] }],
    ["a proof", { units: [[dead("negativeBias", true, "refuted"), "alive", "linear"]] }],
    ["a finding too many", { ...truth.expected, present: ["collapsedOutput"] }],
    ["a finding of degree", { ...truth.expected, present: ["vanishingGradient"] }],
  ];

  test.each(falsified)("%s", async (_what, expected) => {
    await withCase(truth, (network) => {
      const layers = toReference(network);
      const diagnosis = diagnoseCase(truth, network);
      const one = { ...truth, expected };
      expect([...checkVerdicts(one, diagnosis, layers), ...checkFindings(one, diagnosis, layers)]).not.toEqual([]);
      if (!expected.present) expect(checkBook(one, layers)).not.toEqual([]);
    });
  });

  test("a verdict that contradicts float64", () =>
    withCase(truth, (network) => {
      const layers = toReference(network);
      const diagnosis = diagnoseCase(truth, network);
      const [layer] = diagnosis.layers;
      const changed = (change: object) => ({
        ...diagnosis,
        layers: [{ ...layer, units: layer.units.map((unit, i) => (i === 0 ? { ...unit, ...change } : unit)) }],
      });
      expect(checkVerdicts(truth, changed({}), layers)).toEqual([]);
      expect(checkVerdicts(truth, changed({ proof: "refuted", wakingInput: Float32Array.of(1) }), layers)).not.toEqual(
        [],
      );
      expect(checkVerdicts(truth, changed({ state: "alive" }), layers)).not.toEqual([]);
    }));

  test("a death: the step, the cause, the rate", async () => {
    const one = DEATHS.find(({ name }) => name === "the textbook's unit")!;
    const { trace, replay } = await runDeathCase(one);
    const [death] = trace.deaths;
    const says = (change: object) =>
      checkTrace(one, { deaths: [{ ...death, ...change }], revivals: [] }, replay.deaths());
    expect(says({})).toEqual([]);
    for (const change of [
      { step: 29 },
      { cause: "momentum" },
      { survivesAt: death.survivesAt! * 1.03 },
      { change: { ...death.change, bias: 0 } },
      { blow: undefined },
      { blow: { ...death.blow!, step: 29 } },
      { blow: { ...death.blow!, openBefore: 0.75 } },
      { blow: { ...death.blow!, survivesAt: death.survivesAt! * 1.03 } },
      { lastStraw: { ...death.lastStraw, step: 29 } },
      { lastStraw: { ...death.lastStraw, cause: "momentum" } },
    ])
      expect(says(change)).not.toEqual([]);
    expect(
      checkReplay({ ...one, expected: { deaths: [{ layer: 0, unit: 0, step: 29, cause: "learningRate" }] } }, replay),
    ).not.toEqual([]);
    expect(checkTrace(one, { deaths: [], revivals: [] }, replay.deaths())).not.toEqual([]);
  });
});
