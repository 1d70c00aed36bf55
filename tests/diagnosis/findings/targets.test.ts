// Findings on the targets and their loss where each holds by construction, and on look-alikes where it does not;
// figures recomputed.
import { describe, expect, test } from "vitest";
import { withNetwork } from "../../support/networks.js";
import { type Activation, diagnose, type Loss, type NetworkSpec } from "../../../src/index.js";
import type { Rows } from "../../reference/network.js";
import { dense, expectFigure, findingsOf, plain, spread } from "./support.js";

describe("targets", () => {
  const x = plain;
  const kindsOf = (spec: NetworkSpec, targets: number[] | Rows) =>
    withNetwork(spec, (network) => diagnose(network, x, { targets }).findings);

  test("lowTargetVariance with its figures; not for targets of a usual spread, nor for labels", async () => {
    const y = x.map(([a]) => 5 + a / 1000);
    const finding = (await kindsOf(dense([8, 1]), y)).find(({ kind }) => kind === "lowTargetVariance")!;
    expectFigure(finding.message, spread(y));
    expectFigure(finding.message, 5);
    for (const targets of [x.map(([a]) => 5 + a / 10), x.map(([a]) => a * 100)])
      expect((await kindsOf(dense([8, 1]), targets)).map(({ kind }) => kind)).not.toContain("lowTargetVariance");
    expect(
      (
        await kindsOf(
          dense([8, 3], "crossEntropy"),
          x.map(() => 1),
        )
      ).map(({ kind }) => kind),
    ).not.toContain("lowTargetVariance");
    const two = (
      await kindsOf(
        dense([8, 2], "huber"),
        x.map(([a]) => [a, 3]),
      )
    ).find(({ kind }) => kind === "lowTargetVariance")!;
    expect(two.message).toMatch(/^1 of 2 target columns hardly differs, column 1/);
  });

  test.each<[string, NetworkSpec, number[] | Rows, RegExp]>([
    ["labels", dense([8, 3], "crossEntropy"), x.map(() => 2), /All 60 labels are of class 2/],
    ["rows", dense([8, 3], "crossEntropy"), x.map(() => [0, 1, 0]), /All 60 labels are of class 1/],
    ["0 and 1", dense([8, 1], "binaryCrossEntropy"), x.map(() => 1), /All 60 labels are of class 1/],
    [
      "one output of two",
      dense([8, 2], "binaryCrossEntropy"),
      x.map((_, i) => [i % 2, 0]),
      /1 of 2 outputs .*output 1: always 0/,
    ],
  ])("singleClass: %s", async (_name, spec, y, message) => {
    expect((await kindsOf(spec, y)).filter(({ kind }) => kind === "singleClass")).toMatchObject([
      { message: expect.stringMatching(message) },
    ]);
  });

  test.each<[string, NetworkSpec, number[] | Rows]>([
    ["one label of another class", dense([8, 3], "crossEntropy"), x.map((_, i) => (i === 41 ? 2 : 0))],
    ["a class that never occurs", dense([8, 3], "crossEntropy"), x.map((_, i) => i % 2)],
    ["a probability of a half", dense([8, 1], "binaryCrossEntropy"), x.map(() => [0.5])],
    ["numbers", dense([8, 1]), x.map(([a]) => a)],
  ])("not singleClass: %s", async (_name, spec, y) => {
    expect((await kindsOf(spec, y)).filter(({ kind }) => kind === "singleClass")).toEqual([]);
  });
});

describe("lossMismatch", () => {
  test.each<[Loss, Activation, number, number | undefined]>([
    ["crossEntropy", "relu", 3, undefined],
    ["crossEntropy", "sigmoid", 3, Math.E / (Math.E + 2)],
    ["crossEntropy", "tanh", 4, Math.E ** 2 / (Math.E ** 2 + 3)],
    ["binaryCrossEntropy", "relu", 1, 0.5],
    ["binaryCrossEntropy", "sigmoid", 1, Math.E / (Math.E + 1)],
    ["binaryCrossEntropy", "tanh", 1, 1 / (1 + Math.E)],
    ["binaryCrossEntropy", "softplus", 1, 0.5],
  ])("%s on %s, seen from the spec, with the limit", async (loss, last, units, limit) => {
    const [finding] = await findingsOf(dense([5, units], loss, last), plain, "lossMismatch");
    expect(finding.layer).toBe(1);
    expect(finding.message).toContain(loss);
    if (limit !== undefined) expectFigure(finding.message, limit);
  });

  test("the limit holds: no prediction passes it", () =>
    withNetwork(dense([5, 4], "crossEntropy", "tanh"), (network) => {
      network.layers[1].setWeights({ bias: Float32Array.of(-99, 99, -99, -99) });
      const limit = Math.E ** 2 / (Math.E ** 2 + 3);
      const highest = Math.max(...network.predict(plain).data);
      expect(highest).toBeLessThan(limit + 1e-6);
      expect(highest).toBeGreaterThan(limit - 1e-6);
    }));

  test.each<[Loss, Activation, number]>([
    ["crossEntropy", "linear", 3],
    ["binaryCrossEntropy", "linear", 1],
    ["crossEntropy", "leakyRelu", 3],
    ["binaryCrossEntropy", "leakyRelu", 1],
    ["crossEntropy", "softplus", 3],
    ["meanSquaredError", "relu", 1],
    ["meanSquaredError", "sigmoid", 1],
  ])("not %s on %s, as far as the spec tells", async (loss, last, units) => {
    expect(await findingsOf(dense([5, units], loss, last), plain, "lossMismatch")).toEqual([]);
  });

  test.each<[Activation, number[], number]>([
    ["relu", [1, -0.5, 2, -3], 2],
    ["sigmoid", [0.5, 1.5, 0, 1], 1],
    ["tanh", [-2, -1, 1, 0], 1],
    [{ name: "elu", alpha: 2 }, [-1.9, -2.1, 5, 5], 1],
    ["softplus", [-1, 0, 1, 2], 1],
  ])("%j cannot reach some of %j", async (last, values, outside) => {
    const y = plain.map((_, i) => values[i % 4]);
    const [{ message }] = await findingsOf(dense([5, 1], "meanAbsoluteError", last), plain, "lossMismatch", {
      targets: y,
    });
    expect(message).toMatch(new RegExp(`^${outside * 15} targets of 60 lie`));
  });

  test.each<[Activation, number[]]>([
    ["relu", [0, 1, 2, 3]],
    ["sigmoid", [0, 1, 0.5, 0.2]],
    ["tanh", [-1, 1, 0, 0.5]],
    ["linear", [-9, 9, 0, 1]],
    ["leakyRelu", [-9, 9, 0, 1]],
    ["elu", [-0.9, 9, 0, 1]],
  ])("%s reaches %j", async (last, values) => {
    expect(
      await findingsOf(dense([5, 1], "meanSquaredError", last), plain, "lossMismatch", {
        targets: plain.map((_, i) => values[i % 4]),
      }),
    ).toEqual([]);
  });
});
