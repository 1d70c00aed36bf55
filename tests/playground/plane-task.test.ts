// The points of the plane as a network is given them: features, noise and split.
import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { planeTask } from "../../site/tasks/built-in-tasks.js";
import { FEATURE_NAMES, FEATURES } from "../../site/tasks/features.js";
import type { LearningTask } from "../../site/tasks/learning-task.js";
import { EngineHarness } from "./engine-harness.js";

const rowsOf = ({ x }: LearningTask["train"]) =>
  Array.from({ length: x.rows }, (_, row) => [...x.data.subarray(row * x.columns, (row + 1) * x.columns)]);

test.each([
  ["spiral", "85a60341e883aa97"],
  ["circle", "afad38d406fd1a28"],
  ["xor", "e325cdb360d2cbb9"],
  ["regression", "630ce753c8afa18d"],
  ["textbook", "da41616d243ec9b7"],
] as const)("the %s of old links is the same, to the bit", (name, digest) => {
  const { train, heldOut, extent } = planeTask(name);
  const hash = createHash("sha256");
  for (const values of [train.x.data, train.y, heldOut.x.data, heldOut.y]) hash.update(new Uint8Array(values.buffer));
  expect(hash.digest("hex").slice(0, 16)).toBe(digest);
  expect(extent).toBe(1.2);
});

describe("features", () => {
  test("are columns in their order, computed of each point", () => {
    const task = planeTask("circle", { features: FEATURE_NAMES });
    expect(task.features).toEqual(["x", "y", "x²", "y²", "xy", "sin 6x", "sin 6y"]);
    const points = rowsOf(planeTask("circle").train);
    rowsOf(task.train).forEach((row, index) => {
      const [x, y] = points[index];
      const expected = [x, y, x * x, y * y, x * y, Math.sin(6 * x), Math.sin(6 * y)];
      expect(row).toEqual(expected.map(Math.fround));
    });
  });

  test("leave points, labels and split as they are", () => {
    const [plain, other] = [planeTask("spiral"), planeTask("spiral", { features: ["xy"] })];
    expect(other.train.x.columns).toBe(1);
    expect(other.plane!.train).toEqual(plain.train.x.data);
    expect(other.train.y).toEqual(plain.train.y);
  });

  test("each says in Python what it is", () => {
    const run = new Function("x", "y", "sin", `return [${FEATURE_NAMES.map((name) => FEATURES[name].python).join()}]`);
    const [x, y] = [0.3, -0.7];
    expect(run(x, y, Math.sin)).toEqual(FEATURE_NAMES.map((name) => FEATURES[name].of(x, y)));
  });

  test("squares make the circle easy for one unit, which it is not on coordinates alone", async () => {
    const accuracyWith = async (features: readonly (typeof FEATURE_NAMES)[number][]) => {
      const harness = new EngineHarness();
      await harness.start({ data: "circle", layers: [1], activation: "tanh", rate: 0.3, features });
      const { heldOut, plane } = await harness.stepTo(600);
      expect(plane).toHaveLength(48 * 48);
      harness.engine.dispose();
      return heldOut.accuracy!;
    };
    expect(await accuracyWith(["x2", "y2"])).toBeGreaterThan(0.95);
    expect(await accuracyWith(["x", "y"])).toBeLessThan(0.85);
  });
});

describe("noise", () => {
  const distances = (noise: number) => {
    const [still, moved] = [planeTask("circle"), planeTask("circle", { noise })];
    expect(moved.train.y).toEqual(still.train.y);
    return Array.from(moved.train.x.data, (value, i) => value - still.train.x.data[i]);
  };

  test("moves each point by so much, and no label", () => {
    const moves = distances(0.2);
    const deviation = Math.sqrt(moves.reduce((sum, each) => sum + each * each, 0) / moves.length);
    expect(deviation).toBeGreaterThan(0.18);
    expect(deviation).toBeLessThan(0.22);
  });

  test("twice as much moves each point twice as far, in the same direction", () => {
    const [once, twice] = [distances(0.1), distances(0.2)];
    twice.forEach((move, i) => expect(move).toBeCloseTo(2 * once[i], 5));
  });

  test("of numbers is in the target alone", () => {
    const [still, moved] = [planeTask("regression"), planeTask("regression", { noise: 0.3 })];
    expect(moved.train.x.data).toEqual(still.train.x.data);
    expect(moved.train.y).not.toEqual(still.train.y);
  });

  test("the plane that is drawn reaches around all points", () => {
    const { extent, train, heldOut } = planeTask("xor", { noise: 0.5 });
    expect(Math.max(...[...train.x.data, ...heldOut.x.data].map(Math.abs))).toBeLessThan(extent);
  });
});

test("the split takes of the same 360 points", () => {
  for (const heldOut of [36, 180, 324]) {
    const task = planeTask("spiral", { heldOut });
    expect([task.train.x.rows, task.heldOut.x.rows]).toEqual([360 - heldOut, heldOut]);
    expect(new Set(task.heldOut.y)).toEqual(new Set([0, 1]));
  }
});
