// The figure "One unit" shows what the package computes: its engine here, and the same steps taken with the package.
import { beforeAll, describe, expect, test } from "vitest";
import { START, UnitsEngine } from "../../site/figures/one-unit/engine.js";
import { type FirstStep, ORDINARY_RATE, UNIT_ACTIVATIONS, type UnitLook } from "../../site/figures/one-unit/types.js";
import { planeTask } from "../../site/tasks/built-in-tasks.js";
import { createNetwork, diagnose, type Network, sgd } from "../../src/index.js";

const { x, y } = planeTask("textbook").train;

async function packageUnit(activation: (typeof UNIT_ACTIVATIONS)[number], bias: number): Promise<Network> {
  const network = await createNetwork(
    { inputs: 2, layers: [{ units: 1, activation }, { units: 1 }], loss: "meanSquaredError" },
    { arithmetic: "reproducible" },
  );
  network.layers[0].setWeights({ kernel: Float32Array.from(START.kernel), bias: Float32Array.of(bias) });
  network.layers[1].setWeights({ kernel: Float32Array.of(START.outgoing), bias: Float32Array.of(START.outputBias) });
  return network;
}

const steps = (network: Network, rate: number, epochs: number) =>
  network.fit({ x, y }, { epochs, batchSize: x.rows, shuffle: false, optimizer: sgd({ learningRate: rate }) });

function expectSame({ weights, loss, gradient }: UnitLook, network: Network): void {
  const [unit, output] = network.layers.map((layer) => layer.getWeights());
  expect(Float32Array.from(weights.kernel)).toEqual(unit.kernel);
  expect([weights.bias, weights.outgoing, weights.outputBias]).toEqual([
    unit.bias[0],
    output.kernel[0],
    output.bias[0],
  ]);
  const gradients = network.gradients({ x, y });
  expect([loss, gradient.bias]).toEqual([gradients.loss, gradients.layers[0].bias[0]]);
}

let engine: UnitsEngine;
beforeAll(async () => {
  engine = await UnitsEngine.create();
});

async function start(bias: number, rate: number): Promise<readonly FirstStep[]> {
  const reply = await engine.answer({ kind: "start", bias, rate });
  return reply.kind === "started" ? reply.units : [];
}

async function train(count: number): Promise<readonly UnitLook[]> {
  const reply = await engine.answer({ kind: "train", steps: count });
  return reply.kind === "trained" ? reply.units : [];
}

describe.each([
  [0.1, 0.2],
  [0.1, 3],
  [-0.03, 0.05],
])("bias %f, rate %f", (bias, rate) => {
  test("the engine's steps are the package's, to the bit", async () => {
    const first = await start(bias, rate);
    const now = await train(20);
    for (const [index, activation] of UNIT_ACTIVATIONS.entries()) {
      const network = await packageUnit(activation, bias);
      expectSame(first[index].before, network);
      await steps(network, rate, 1);
      expectSame(first[index].after, network);
      await steps(network, ORDINARY_RATE, 20);
      expectSame(now[index], network);
    }
  });
});

test("the opening step closes the ReLU on every sample, permanently; the loss falls, the others keep a slope", async () => {
  const [relu, ...others] = await start(START.bias, 0.2);
  expect(relu.before.z.every((z) => z > 0)).toBe(true);
  expect(relu.after.z.every((z) => z < 0)).toBe(true);
  expect(relu.after.loss).toBeLessThan(relu.before.loss / 5);
  const network = await packageUnit("relu", START.bias);
  await steps(network, 0.2, 1);
  const [unit] = diagnose(network, x).layers[0].units;
  expect([unit.state, unit.permanent]).toEqual(["dead", true]);
  for (const { after } of others) expect(after.slope).toBeGreaterThan(0.2);
});

test("after a step at a rate of 3 tanh is saturated and creeps back; ReLU does not move", async () => {
  const [reluFirst, , tanhFirst] = await start(START.bias, 3);
  expect(tanhFirst.after.slope).toBeLessThan(0.02);
  await train(1000);
  const [relu, , tanh] = await train(29_000);
  expect(relu.z).toEqual(reluFirst.after.z);
  expect(tanh.loss).toBeLessThan(relu.loss / 5);
});
