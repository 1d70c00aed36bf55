import { afterEach, describe, expect, test } from "vitest";
import { OPENING } from "../../src/playground/state/recipe.js";
import { Bench } from "./harness.js";

let bench: Bench;
afterEach(() => bench.engine.dispose());

describe("the opening", () => {
  test("a unit dies within 1000 steps, and its death has a step and a cause", async () => {
    bench = new Bench();
    const started = await bench.start();
    expect(started.recipe).toEqual(OPENING);
    const first = await bench.frame();
    expect(first.step).toBe(0);
    expect(first.states.filter((state) => state === "dead")).toEqual([]);
    const frame = await bench.runUntil(({ deaths }) => deaths.length > 0);
    const [death] = frame.deaths;
    console.log(frame.deaths, frame.step, frame.heldOut);
    expect(death.step).toBeGreaterThan(0);
    expect(death.step).toBeLessThan(1000);
    expect(death.cause).toBe("learningRate");
  });
});
