import { test } from "vitest";
import { DEATHS } from "./deaths.js";
import { Replay } from "./replay.js";
import { withCase } from "./check.js";
import { toReference } from "../network/helpers.js";
test("x", async () => {
  for (const c of DEATHS) await withCase(c, (n) => {
    const r = new Replay(toReference(n), c.x.map((row) => row.map(Math.fround)), c.targets.map(Math.fround), c.loss ?? "meanSquaredError", c.training);
    console.log(c.name, JSON.stringify(c.expected), "\n", JSON.stringify(r.deaths()), (c.expected.closedForAWhile ?? []).map(([l, u]) => r.wasClosed(l, u)));
  });
});
