// The figure "The zero lines" shows what the package computes: its engine here, and the same training by the package.
import { describe, expect, test } from "vitest";
import { FigureHarness } from "./figure-harness.js";
import type { Control } from "../../site/figures/figure.js";
import { serve } from "../../site/figures/zero-lines/engine.js";
import type { Frame, Reply, Request, Settings } from "../../site/figures/zero-lines/messages.js";
import { type PlaneUnit, zeroLineOf } from "../../site/look/zero-lines.js";
import { planeTask } from "../../site/tasks/built-in-tasks.js";
import { createNetwork, diagnose, type Network, sgd, traceDeaths } from "../../src/index.js";

const { train, heldOut } = planeTask("spiral");
const isFrameAt =
  (step: number) =>
  (reply: Reply): reply is Frame =>
    reply.kind === "frame" && reply.step === step;

async function frameAfter(steps: number, settings: Settings): Promise<Frame> {
  const figure = new FigureHarness<Request | Control, Reply>(serve);
  figure.send({ kind: "begin", ...settings, isRunning: false, atOnce: false });
  await figure.until(isFrameAt(0));
  for (let i = 0; i < steps; i++) figure.send({ kind: "step" });
  return figure.until(isFrameAt(steps));
}

async function packageTraining(steps: number, { rate, seed }: Settings) {
  const network: Network = await createNetwork(
    { inputs: 2, layers: [{ units: 10 }, { units: 8 }, { units: 1 }], loss: "binaryCrossEntropy", seed },
    { arithmetic: "reproducible" },
  );
  const trace = traceDeaths({ explain: Infinity });
  let left = steps;
  await network.fit(train, {
    epochs: steps,
    batchSize: 16,
    optimizer: sgd({ learningRate: rate }),
    callbacks: [trace, { onBatchEnd: (_log, { stop }) => void (--left === 0 && stop()) }],
  });
  return { network, trace };
}

describe("the zero lines", () => {
  test("the lines, the shares of open samples, the deaths and the accuracy are the package's", async () => {
    const settings = { rate: 1.1, seed: 2 };
    const frame = await frameAfter(300, settings);
    const { network, trace } = await packageTraining(300, settings);
    const { kernel, bias } = network.layers[0].getWeights();
    expect(frame.kernel).toEqual(kernel);
    expect(frame.bias).toEqual(bias);
    expect(frame.accuracy).toBe(network.evaluate(heldOut).accuracy);
    const { units } = diagnose(network, train.x).layers[0];
    expect(frame.open).toEqual(units.map(({ activity }) => activity));
    const deaths = trace.deaths.filter(({ layer }) => layer === 0);
    expect(deaths.length).toBeGreaterThan(0);
    expect(frame.deaths.map(({ unit, step }) => [unit, step])).toEqual(deaths.map(({ unit, step }) => [unit, step]));
    for (const { unit, path } of frame.deaths) {
      const opensSome = ([a, b, c]: readonly number[]) =>
        Array.from(train.y).some((_, row) => a * train.x.data[2 * row] + b * train.x.data[2 * row + 1] + c > 1e-6);
      expect(opensSome(path[0]), `unit ${unit} before`).toBe(true);
      expect(opensSome(path.at(-1)!), `unit ${unit} after`).toBe(false);
    }
  });

  test("a start that takes the place of another is the only one that is told of", async () => {
    const figure = new FigureHarness<Request | Control, Reply>(serve);
    figure.send({ kind: "begin", rate: 0.5, seed: 1, isRunning: true, atOnce: false });
    await figure.until((reply) => reply.kind === "frame" && reply.step > 0);
    figure.send({ kind: "begin", rate: 0.5, seed: 3, isRunning: false, atOnce: false });
    const from = figure.replies.length;
    await figure.until((reply) => reply.kind === "frame" && reply.seed === 3, from);
    expect(figure.replies.slice(from).every((reply) => reply.kind === "frame" && reply.seed === 3)).toBe(true);
  });
});

test("at once it goes to the next death, and stops there", async () => {
  const figure = new FigureHarness<Request | Control, Reply>(serve);
  figure.send({ kind: "begin", rate: 1.1, seed: 2, isRunning: true, atOnce: true });
  const isAt = (deaths: number) => (reply: Reply) =>
    reply.kind === "frame" && !reply.isRunning && reply.deaths.length === deaths;
  await figure.until(isAt(1));
  figure.send({ kind: "run", isRunning: true, atOnce: true });
  expect(await figure.until(isAt(2))).toMatchObject({ isOver: false });
});

describe("a unit's line", () => {
  const unit = (x: number, y: number, bias: number): PlaneUnit => ({ name: "", weights: [x, y], bias, isDead: false });

  test("its ends have z = 0, and the corners of its open side z >= 0", () => {
    for (const [x, y, bias] of [
      [1, 2, 0.5],
      [-0.3, 0.1, -0.2],
      [0, 1, 1.2],
    ]) {
      const { ends, open } = zeroLineOf(unit(x, y, bias), 1.5);
      for (const [a, b] of ends!) expect(x * a + y * b + bias).toBeCloseTo(0, 10);
      expect(open.length).toBeGreaterThan(2);
      for (const [a, b] of open) expect(x * a + y * b + bias).toBeGreaterThan(-1e-10);
    }
  });

  test("outside of the square there is no line: all of it is closed, or all is open", () => {
    expect(zeroLineOf(unit(1, 0, -9), 1.5)).toMatchObject({ open: [], foot: [9, 0] });
    expect(zeroLineOf(unit(1, 0, -9), 1.5).ends).toBeUndefined();
    expect(zeroLineOf(unit(1, 0, 9), 1.5).open).toHaveLength(4);
    expect(zeroLineOf(unit(0, 0, -1), 1.5).foot).toBeUndefined();
  });
});
