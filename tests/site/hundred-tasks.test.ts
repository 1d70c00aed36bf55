// The figure "A hundred tasks" shows what the package computes: its engine here, and the same tasks by the package.
import { describe, expect, test } from "vitest";
import { FigureHarness } from "./figure-harness.js";
import { digits } from "../playground/engine-harness.js";
import type { Control } from "../../site/figures/figure.js";
import { serve } from "../../site/figures/hundred-tasks/engine.js";
import { meanOfTen, METHODS, pixelOrder, type Reply, type Request } from "../../site/figures/hundred-tasks/messages.js";
import { digitsTask } from "../../site/tasks/built-in-tasks.js";
import {
  continualBackprop,
  createNetwork,
  diagnose,
  type PackageCallback,
  recycleDormant,
  sgd,
} from "../../src/index.js";

const TASKS = 3;
const bytes = digits();
const { train, heldOut } = digitsTask(bytes);
const WAYS: Record<(typeof METHODS)[number], PackageCallback[]> = {
  "SGD alone": [],
  "continual backprop": [continualBackprop({ replacementRate: 1e-3, maturity: 100 })],
  ReDo: [recycleDormant({ everySteps: 100, dormantBelow: 0.025 })],
};
type Progress = Extract<Reply, { kind: "progress" }>;

const figureOf = () => new FigureHarness<Request | Control, Reply>((post) => serve(post, () => Promise.resolve(bytes)));
const rowsOf = ({ x: { rows, columns, data } }: typeof train, order: readonly number[]) =>
  Array.from({ length: rows }, (_, row) => order.map((pixel) => data[row * columns + pixel]));

describe("a hundred tasks", () => {
  test("accuracy and dead units by task and method are the package's", async () => {
    const figure = figureOf();
    figure.send({ kind: "begin", rate: 0.4, seed: 1, isRunning: true });
    const isLong = (reply: Reply): reply is Progress => reply.kind === "progress" && reply.results.length >= TASKS;
    const { results } = await figure.until(isLong);
    figure.send({ kind: "run", isRunning: false });
    for (const [method, name] of METHODS.entries()) {
      using network = await createNetwork(
        { inputs: 64, layers: [{ units: 64 }, { units: 64 }, { units: 10 }], loss: "crossEntropy", seed: 1 },
        { arithmetic: "reproducible" },
      );
      const optimizer = sgd({ learningRate: 0.4 });
      for (let task = 0; task < TASKS; task++) {
        const order = pixelOrder(task);
        const x = rowsOf(train, order);
        await network.fit({ x, y: train.y }, { epochs: 6, batchSize: 16, optimizer, callbacks: WAYS[name] });
        const { accuracy } = network.evaluate({ x: rowsOf(heldOut, order), y: heldOut.y });
        expect(results[task].accuracy[method], `${name}, task ${task}`).toBe(accuracy);
        expect(results[task].dead[method]).toBe(diagnose(network, x, { proofs: false }).dead);
      }
    }
  });

  test("it waits until it is run, and out of sight", async () => {
    const figure = figureOf();
    const isProgress = (reply: Reply) => reply.kind === "progress" && reply.results.length > 0;
    figure.send({ kind: "begin", rate: 0.1, seed: 2, isRunning: false });
    figure.send({ kind: "pause" });
    figure.send({ kind: "run", isRunning: true });
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(figure.replies.some(isProgress)).toBe(false);
    figure.send({ kind: "resume" });
    await figure.until(isProgress);
    figure.send({ kind: "run", isRunning: false });
  });

  test("every task has an order of its own", () => {
    const orders = Array.from({ length: 100 }, (_, task) => pixelOrder(task).join());
    expect(new Set(orders).size).toBe(100);
    expect(pixelOrder(7).toSorted((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, i) => i));
  });

  test("the mean is that of ten tasks at most", () => {
    const values = Array.from({ length: 30 }, (_, i) => i);
    expect(meanOfTen(values, 29)).toBe(24.5);
    expect(meanOfTen(values, 1)).toBe(0.5);
  });
});
