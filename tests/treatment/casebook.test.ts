// Every remedy on every case of the book: what it promises holds, or it says why not; and undo gives every bit back.
import { describe, expect, test } from "vitest";
import { before, brokenPromises, memoryOf } from "./promises.js";
import { withCase } from "../casebook/check.js";
import { EVIDENCE } from "../casebook/evidence.js";
import { FINDINGS } from "../casebook/findings.js";
import { LOOKALIKES } from "../casebook/lookalikes.js";
import { MECHANISMS } from "../casebook/mechanisms.js";
import { STATES } from "../casebook/states.js";
import { type Remedy, treat } from "../../src/index.js";

const REMEDIES: readonly Remedy[] = [
  { kind: "liftBias" },
  { kind: "liftBias", activity: 0.5 },
  { kind: "liftBias", activity: 1 },
  { kind: "recycle" },
  { kind: "recycle", dormantBelow: 0.5 },
  { kind: "reinitialize" },
  { kind: "reinitialize", kernelInitializer: "asymmetric" },
  { kind: "replaceActivation", activation: "leakyRelu" },
  { kind: "replaceActivation", activation: "prelu" },
  { kind: "replaceActivation", activation: "gelu" },
  { kind: "replaceActivation", activation: "tanh" },
  { kind: "prune" },
];
const CASES = [...MECHANISMS, ...STATES, ...EVIDENCE, ...LOOKALIKES, ...FINDINGS];

describe.each(REMEDIES.map((remedy) => [JSON.stringify(remedy), remedy] as const))("%s", (_name, remedy) => {
  test.each(CASES.map((one) => [one.name, one] as const))("%s", (_case, { layers, loss, x }) =>
    withCase({ layers, loss }, async (network) => {
      const rows = x.map((row) => row.map(Math.fround));
      const old = before(network, rows);
      const memory = memoryOf(network);
      const treatment = await treat(network, rows, remedy);
      expect(brokenPromises(treatment, old, rows, true), String(treatment)).toEqual([]);
      if (remedy.kind === "prune") expect(memoryOf(network)).toEqual(memory);
      treatment.undo();
      expect(memoryOf(network)).toEqual(memory);
    }),
  );
});
