// Up to three twins beside the network.
import { afterAll, expect, test } from "vitest";
import { countDead } from "../../site/workshop/state/units.js";
import { EngineHarness } from "./engine-harness.js";

const harness = new EngineHarness();
afterAll(() => harness.engine.dispose());

test("three cures are compared, each with its own training; one is kept, a fourth takes the place of the first", async () => {
  await harness.start({ rate: 1.4, seed: 3 });
  const before = await harness.stepTo(500);
  expect(countDead(before.states)).toBeGreaterThan(1);
  await harness.treat("liftBias", true);
  await harness.treat("recycle", true, 0.3);
  await harness.treat("leakyRelu", true);
  const labels = (frame: Awaited<ReturnType<EngineHarness["frame"]>>) => (frame.twins ?? []).map(({ label }) => label);
  const three = await harness.stepTo(20);
  expect(labels(three)).toEqual(["bias lifted", "recycled, rate 0.3", "Leaky ReLU"]);
  expect(three.twins!.map(({ step }) => step)).toEqual([520, 520, 520]);
  expect(three.twin).toEqual(three.twins![2]);
  expect(new Set(three.twins!.map(({ picture }) => picture.loss)).size).toBe(3);
  await harness.treat("recycle", true);
  const four = await harness.stepTo(10);
  expect(labels(four)).toEqual(["recycled, rate 0.3", "Leaky ReLU", "recycled"]);
  await harness.send({ kind: "endTwin", keep: true, which: 0 }, "treated");
  const kept = await harness.frame();
  expect(labels(kept)).toEqual([]);
  expect(kept.settings.rate).toBe(0.3);
  expect(kept.loss).toBe(four.twins![0].picture.loss);
  await harness.stepTo(5);
  await harness.send({ kind: "undo" }, "treated");
  expect((await harness.frame()).parameters).toEqual(four.parameters);
});
