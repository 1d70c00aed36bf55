// The figure "The region of no return": its wedge against diagnose, its trainings and its map against the package's
// fit.
import { beforeAll, expect, test } from "vitest";
import { contour } from "../../site/figures/no-return/contours.js";
import { PlaneEngine } from "../../site/figures/no-return/engine.js";
import {
  cellMiddle,
  FINE_SIDE,
  type FromPlane,
  hullOf,
  isOfNoReturn,
  type Point,
  SIDE,
  STEPS,
  type ToPlane,
} from "../../site/figures/no-return/types.js";
import { createNetwork, diagnose, type Network, sgd } from "../../src/index.js";

const at = ({ w, b }: Point) => ({ kernel: Float32Array.of(w), bias: Float32Array.of(b) });

let engine: PlaneEngine;
beforeAll(async () => {
  engine = await PlaneEngine.create();
});

async function ask<K extends FromPlane["kind"]>(message: ToPlane, kind: K): Promise<Extract<FromPlane, { kind: K }>> {
  const reply = await engine.answer(message);
  expect(reply.kind).toBe(kind);
  return reply as Extract<FromPlane, { kind: K }>;
}

const x = () => ({ rows: engine.samples.x.length, columns: 1, data: engine.samples.x });

async function packageUnit(point: Point): Promise<Network> {
  const network = await createNetwork(
    { inputs: 1, layers: [{ units: 1, activation: "relu" }], loss: "meanSquaredError" },
    { arithmetic: "reproducible" },
  );
  network.layers[0].setWeights(at(point));
  return network;
}

test("on a grid of points the wedge is where diagnose finds the unit permanently dead, and nowhere else", async () => {
  const { samples } = engine;
  const network = await createNetwork({ inputs: 1, layers: [{ units: 1 }, { units: 1 }], loss: "meanSquaredError" });
  network.layers[1].setWeights({ kernel: Float32Array.of(1) });
  const found = [0, 0];
  for (let cell = 0; cell < SIDE * SIDE; cell += 3) {
    const point = cellMiddle(cell);
    network.layers[0].setWeights(at(point));
    const [unit] = diagnose(network, x()).layers[0].units;
    const isInWedge = isOfNoReturn(point, hullOf(samples));
    expect([point, unit.state === "dead" && unit.permanent === true]).toEqual([point, isInWedge]);
    found[Number(isInWedge)]++;
  }
  expect(Math.min(...found)).toBeGreaterThan(50);
});

test.each([
  [{ w: -0.4, b: 2 }, 0.9],
  [{ w: 1.5, b: -0.5 }, 0.9],
  [{ w: 0, b: -1 }, 0.5],
])("from %o at %f the path is the package's, to the bit", async (start, rate) => {
  const { training } = await ask({ kind: "train", start, rate }, "trained");
  const network = await packageUnit(start);
  const { x: inputs, y } = engine.samples;
  const data = { x: x(), y: { rows: inputs.length, columns: 1, data: y } };
  for (const [step, { w, b }] of training.path.entries()) {
    const { kernel, bias } = network.layers[0].getWeights();
    expect([w, b]).toEqual([kernel[0], bias[0]]);
    expect(training.losses[step]).toBe(network.evaluate(data).loss);
    const options = { epochs: 1, batchSize: inputs.length, shuffle: false };
    await network.fit(data, { ...options, optimizer: sgd({ learningRate: rate }) });
  }
  const isDead = isOfNoReturn(training.path.at(-1)!, hullOf(engine.samples));
  expect([training.open === 0, training.path.length === STEPS + 1]).toEqual([isDead, !isDead]);
});

test("each cell of the map of fates ends as a training by itself does, to the bit", async () => {
  const { fates } = await ask({ kind: "fates", rate: 1.2 }, "fates");
  const counts = [0, 0];
  for (let cell = 5; cell < SIDE * SIDE; cell += 37) {
    const start = cellMiddle(cell);
    const { training } = await ask({ kind: "train", start, rate: 1.2 }, "trained");
    expect([cell, training.open === 0]).toEqual([cell, fates[cell] === 1]);
    if (training.open > 0) expect(training.path.at(-1)).toEqual(engine.end(cell));
    if (!isOfNoReturn(start, hullOf(engine.samples))) counts[fates[cell]]++;
  }
  expect(Math.min(...counts)).toBeGreaterThan(3);
});

test("losses on the fine grid are the package's", async () => {
  const { losses, samples } = await ask({ kind: "samples" }, "samples");
  const y = { rows: samples.y.length, columns: 1, data: samples.y };
  for (let cell = 0; cell < FINE_SIDE * FINE_SIDE; cell += 401) {
    const network = await packageUnit(cellMiddle(cell, FINE_SIDE));
    expect(losses[cell]).toBeCloseTo(network.evaluate({ x: x(), y }).loss, 5);
  }
});

test("a line of equal height goes round a cone at its radius", () => {
  const side = 21;
  const heights = Float32Array.from({ length: side * side }, (_, i) =>
    Math.hypot((i % side) - 10, Math.floor(i / side) - 10),
  );
  const pieces = contour(heights, side, 6.5);
  expect(pieces.length).toBeGreaterThan(30);
  for (const [column, row] of pieces.flat()) expect(Math.hypot(column - 10, row - 10)).toBeCloseTo(6.5, 1);
  expect(contour(heights, side, 100)).toEqual([]);
});
