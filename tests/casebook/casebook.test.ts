// Every case of the book: what diagnose says against what the case says, and both against the float64 referee.
import { describe, expect, test } from "vitest";
import { checkCase } from "./check.js";
import { checkDeathCase } from "./check-deaths.js";
import { DEATHS } from "./deaths.js";
import { EVIDENCE } from "./evidence.js";
import { FINDINGS } from "./findings.js";
import { LOOKALIKES } from "./lookalikes.js";
import { MECHANISMS } from "./mechanisms.js";
import { STATES } from "./states.js";

const BOOK = { states: STATES, mechanisms: MECHANISMS, evidence: EVIDENCE, findings: FINDINGS, lookalikes: LOOKALIKES };

for (const [subject, cases] of Object.entries(BOOK)) {
  describe(subject, () => {
    test.each(cases.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
      expect(await checkCase(one), one.why).toEqual([]);
    });
  });
}

describe("deaths", () => {
  test.each(DEATHS.map((one) => [one.name, one] as const))("%s", async (_name, one) => {
    expect(await checkDeathCase(one), one.why).toEqual([]);
  });
});
