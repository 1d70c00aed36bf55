// Networks by themselves: specs, weights, predict and evaluate, clones, several side by side.
import { describe, expect, test } from "vitest";
import { classifier, regressor, relativeDistance, toReference, weightsOf, withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { sectors, waves } from "../support/samples.js";
import { createNetwork, type KernelInitializer, type Loss, type NetworkSpec, sgd } from "../../src/index.js";
import { lossOf, outputs, softmax } from "../reference/network.js";

describe("spec", () => {
  test("defaults are filled in and nothing can be changed", () =>
    withNetwork(
      { inputs: 2, layers: [{ units: 4 }, { units: 3, activation: "prelu" }, { units: 1 }], loss: "huber" },
      ({ spec, layers, parameterCount }) => {
        expect(spec).toMatchObject({ inputs: 2, loss: "huber", seed: 0 });
        expect(spec.layers.map(({ units, biasInitializer }) => [units, biasInitializer])).toEqual([
          [4, 0],
          [3, 0],
          [1, 0],
        ]);
        expect(layers.map(({ activation }) => activation)).toEqual([
          { name: "relu" },
          { name: "prelu", alpha: 0.25 },
          { name: "linear" },
        ]);
        expect(layers.map(({ inputs, units }) => [inputs, units])).toEqual([
          [2, 4],
          [4, 3],
          [3, 1],
        ]);
        expect(parameterCount).toBe(2 * 4 + 4 + 4 * 3 + 3 + 3 + 3 + 1);
        expect(Object.isFrozen(spec) && Object.isFrozen(spec.layers) && Object.isFrozen(spec.layers[0])).toBe(true);
      },
    ));

  test("a filled-in spec makes the same network again", () =>
    withNetwork({ ...classifier, layers: [{ units: 5, activation: "elu" }, { units: 3 }] }, ({ spec }) =>
      withNetwork(spec, (again) => expect(again.spec).toEqual(spec)),
    ));

  test("the given spec may change afterwards", async () => {
    const layers = [{ units: 3 }, { units: 1 }];
    const network = await createNetwork({ inputs: 2, layers, loss: "huber" });
    layers[0].units = 99;
    layers.push({ units: 7 });
    expect(network.predict([[1, 2]]).columns).toBe(1);
    expect(network.spec.layers[0].units).toBe(3);
    network.dispose();
  });

  test.each([
    ["leakyRelu", 0.01],
    ["elu", 1],
    ["prelu", 0.25],
  ] as const)("%s starts with alpha %s, and takes another", async (name, alpha) => {
    const layer = (activation: NonNullable<NetworkSpec["layers"][0]["activation"]>): NetworkSpec => ({
      inputs: 1,
      layers: [{ units: 1, activation }, { units: 1 }],
      loss: "huber",
    });
    await withNetwork(layer(name), ({ layers }) => expect(layers[0].activation).toEqual({ name, alpha }));
    await withNetwork(layer({ name, alpha: 0.5 }), (network) => {
      network.layers[0].setWeights({ kernel: Float32Array.of(1) });
      network.layers[1].setWeights({ kernel: Float32Array.of(1) });
      expect(network.predict([[-1]]).data[0]).toBeCloseTo(name === "elu" ? 0.5 * Math.expm1(-1) : -0.5, 6);
    });
  });

  test("the runtime says what it is", () =>
    withNetwork(classifier, ({ runtime }) => expect(runtime).toEqual({ simd: "strict", threads: 1 }), {
      arithmetic: "reproducible",
    }));

  test("the summary names every layer and the count of parameters", () =>
    withNetwork(classifier, (network) => {
      const summary = network.summary();
      for (const word of ["relu", "linear", "crossEntropy", String(network.parameterCount)])
        expect(summary).toContain(word);
      expect(summary.split("\n").length).toBeGreaterThanOrEqual(classifier.layers.length + 1);
    }));
});

describe("initial weights", () => {
  const inputs = 80;
  const units = 120;
  /** The variance that each initializer promises. */
  const variances: Record<string, number> = {
    heNormal: 2 / inputs,
    heUniform: 2 / inputs,
    glorotNormal: 2 / (inputs + units),
    glorotUniform: 2 / (inputs + units),
    lecunNormal: 1 / inputs,
  };
  const kernelOf = (kernelInitializer: KernelInitializer, shape: readonly [number, number] = [inputs, units]) =>
    withNetwork(
      { inputs: shape[0], layers: [{ units: shape[1], kernelInitializer }], loss: "huber", seed: 11 },
      ({ layers }) => layers[0].getWeights(),
    );

  test.each(Object.entries(variances))("%s has mean 0 and variance %d", async (name, variance) => {
    const { kernel, bias } = await kernelOf(name as KernelInitializer);
    const mean = kernel.reduce((sum, value) => sum + value, 0) / kernel.length;
    const spread = kernel.reduce((sum, value) => sum + (value - mean) ** 2, 0) / kernel.length;
    expect(Math.abs(mean)).toBeLessThan(4 * Math.sqrt(variance / kernel.length)); // four standard errors
    expect(Math.abs(spread / variance - 1)).toBeLessThan(4 * Math.sqrt(2 / kernel.length));
    if (name.endsWith("Uniform"))
      expect(kernel.every((value) => Math.abs(value) <= Math.sqrt(3 * variance) * (1 + 2e-7))).toBe(true);
    expect(bias.every((value) => value === 0)).toBe(true);
  });

  test.each([
    [80, 120],
    [120, 80],
    [7, 7],
    [1, 5],
    [5, 1],
    [1, 1],
  ] as const)("orthogonal: %d x %d is orthonormal on its shorter side", async (rows, columns) => {
    const { kernel } = await kernelOf("orthogonal", [rows, columns]);
    const vectors =
      rows <= columns
        ? Array.from({ length: rows }, (_row, r) =>
            Array.from({ length: columns }, (_column, c) => kernel[r * columns + c]),
          )
        : Array.from({ length: columns }, (_column, c) =>
            Array.from({ length: rows }, (_row, r) => kernel[r * columns + c]),
          );
    vectors.forEach((a, i) =>
      vectors.forEach((b, j) => {
        const product = a.reduce((sum, value, k) => sum + value * b[k], 0);
        expect(Math.abs(product - Number(i === j))).toBeLessThan(1e-5);
      }),
    );
  });

  test("asymmetric draws the biases too, and one positive Beta(2, 1) weight a unit", async () => {
    const { kernel, bias } = await kernelOf("asymmetric", [3, 4000]);
    const all = [...kernel, ...bias];
    const deviation = 0.6007 / Math.sqrt(3);
    // Of four numbers three are N(0, deviation²) and one has mean 2/3 and mean square 1/2.
    const mean = all.reduce((sum, value) => sum + value, 0) / all.length;
    const square = all.reduce((sum, value) => sum + value * value, 0) / all.length;
    expect(mean).toBeCloseTo(2 / 3 / 4, 2);
    expect(square).toBeCloseTo((3 * deviation ** 2 + 0.5) / 4, 2);
    expect(bias.filter((value) => value < 0).length / bias.length).toBeCloseTo(3 / 8, 1);
  });

  test("a constant bias", () =>
    withNetwork(
      { inputs: 2, layers: [{ units: 3, biasInitializer: -0.5 }, { units: 1 }], loss: "huber" },
      ({ layers }) => {
        expect([...layers[0].getWeights().bias]).toEqual([-0.5, -0.5, -0.5]);
        expect([...layers[1].getWeights().bias]).toEqual([0]);
      },
    ));
});

describe("weights", () => {
  test("are copies, and parts may be set", () =>
    withNetwork(classifier, (network) => {
      const [layer] = network.layers;
      const before = layer.getWeights();
      before.kernel.fill(9);
      expect(layer.getWeights().kernel).not.toEqual(before.kernel);
      const { kernel } = layer.getWeights();
      const bias = Float32Array.from({ length: 12 }, (_, i) => i);
      layer.setWeights({ bias });
      bias.fill(-1);
      expect([...layer.getWeights().bias]).toEqual(Array.from({ length: 12 }, (_, i) => i));
      expect(layer.getWeights().kernel).toEqual(kernel);
      layer.setWeights({});
      layer.setWeights({ kernel: undefined, bias: undefined });
      expect(layer.getWeights().kernel).toEqual(kernel);
    }));

  test("alpha is prelu's alone", () =>
    withNetwork(
      {
        inputs: 2,
        layers: [{ units: 2, activation: "prelu" }, { units: 2, activation: "leakyRelu" }, { units: 1 }],
        loss: "huber",
      },
      ({ layers }) => {
        expect([...layers[0].getWeights().alpha!]).toEqual([0.25, 0.25]);
        layers[0].setWeights({ alpha: Float32Array.of(-1, 2) });
        expect([...layers[0].getWeights().alpha!]).toEqual([-1, 2]);
        expect(layers[1].getWeights()).not.toHaveProperty("alpha");
      },
    ));

  test("of another network of the same shape can be taken over", () =>
    withNetwork(classifier, (source) =>
      withNetwork({ ...classifier, seed: 99 }, (target) => {
        source.layers.forEach((layer, index) => target.layers[index].setWeights(layer.getWeights()));
        expect(target.predict(sectors(5).x)).toEqual(source.predict(sectors(5).x));
      }),
    ));
});

describe("predict and evaluate", () => {
  const random = seededRandom(3);
  const x = randomRows(random, 300, 2, 3);

  test.each<[Loss, number]>([
    ["crossEntropy", 3],
    ["crossEntropy", 1],
    ["binaryCrossEntropy", 1],
    ["binaryCrossEntropy", 4],
    ["meanSquaredError", 2],
    ["huber", 1],
  ])("%s with %d outputs: shapes, probabilities, logits", (loss, units) =>
    withNetwork({ inputs: 2, layers: [{ units: 9 }, { units }], loss, seed: 2 }, (network) => {
      const logits = network.predict(x, { logits: true });
      const given = network.predict(x);
      for (const matrix of [logits, given])
        expect([matrix.rows, matrix.columns, matrix.data.length]).toEqual([300, units, 300 * units]);
      const wantedLogits = outputs(toReference(network), x);
      const wanted = wantedLogits.map((row) => {
        if (loss === "crossEntropy") return softmax(row);
        return loss === "binaryCrossEntropy" ? row.map((value) => 1 / (1 + Math.exp(-value))) : row;
      });
      expect(relativeDistance([...logits.data], wantedLogits.flat())).toBeLessThan(1e-5);
      expect(relativeDistance([...given.data], wanted.flat())).toBeLessThan(1e-5);
      if (loss !== "crossEntropy") return;
      for (let row = 0; row < given.rows; row++) {
        const sum = given.data.subarray(row * units, (row + 1) * units).reduce((total, value) => total + value, 0);
        expect(Math.abs(sum - 1)).toBeLessThan(units * 1.2e-7);
      }
    }),
  );

  test("rows, typed rows and a Matrix mean the same", () =>
    withNetwork(classifier, (network) => {
      const rows = x.slice(0, 7);
      const wanted = network.predict(rows);
      expect(network.predict(rows.map((row) => Float64Array.from(row)))).toEqual(wanted);
      expect(network.predict({ rows: 7, columns: 2, data: Float32Array.from(rows.flat()) })).toEqual(wanted);
    }));

  test("no row gives no row", () =>
    withNetwork(classifier, (network) => {
      expect(network.predict([])).toEqual({ rows: 0, columns: 3, data: new Float32Array(0) });
      expect(network.predict({ rows: 0, columns: 2, data: new Float32Array(0) }).rows).toBe(0);
    }));

  test("a row's result does not depend on the rows beside it", () =>
    withNetwork({ ...classifier, layers: [{ units: 33 }, { units: 65 }, { units: 3 }] }, (network) => {
      const together = network.predict(x).data;
      for (const row of [0, 1, 5, 255, 256, 257, 299]) {
        const alone = network.predict([x[row]]).data;
        expect(relativeDistance([...alone], [...together.subarray(row * 3, row * 3 + 3)])).toBeLessThan(1e-5);
      }
    }));

  test("the result is the caller's: later calls do not change it", () =>
    withNetwork(classifier, (network) => {
      const first = network.predict(x);
      const copy = first.data.slice();
      network.predict(randomRows(random, 300, 2));
      expect(first.data).toEqual(copy);
    }));

  test.each<Loss>(["crossEntropy", "binaryCrossEntropy", "meanSquaredError", "meanAbsoluteError", "huber"])(
    "evaluate gives the mean %s",
    (loss) =>
      withNetwork({ inputs: 2, layers: [{ units: 9 }, { units: 2 }], loss, seed: 2 }, (network) => {
        const y = x.map(([a, b]) =>
          loss === "crossEntropy" ? [Number(a > b), Number(a <= b)] : [Number(a > 0), Number(b > 0)],
        );
        const logits = outputs(toReference(network), x);
        const metrics = network.evaluate({ x, y });
        expect(metrics.loss / lossOf(loss, logits, y).loss).toBeCloseTo(1, 5);
        const classifies = loss === "crossEntropy" || loss === "binaryCrossEntropy";
        expect("accuracy" in metrics).toBe(classifies);
        if (loss === "crossEntropy")
          expect(metrics.accuracy).toBe(logits.filter((row, r) => row[0] > row[1] === (y[r][0] === 1)).length / 300);
        if (loss === "binaryCrossEntropy")
          expect(metrics.accuracy).toBe(
            logits.flat().filter((value, i) => value > 0 === (y.flat()[i] === 1)).length / 600,
          );
      }),
  );

  test("labels, their numbers as a column and one-hot rows are the same targets", () =>
    withNetwork(classifier, (network) => {
      const { x: points, y } = sectors(50);
      const wanted = network.evaluate({ x: points, y });
      expect(network.evaluate({ x: points, y: Uint8Array.from(y) })).toEqual(wanted);
      expect(network.evaluate({ x: points, y: { rows: 50, columns: 1, data: Float32Array.from(y) } })).toEqual(wanted);
      const oneHot = network.evaluate({ x: points, y: y.map((label) => [0, 1, 2].map((c) => Number(c === label))) });
      expect(oneHot.loss).toBeCloseTo(wanted.loss, 6);
      expect(oneHot.accuracy).toBe(wanted.accuracy);
    }));

  test("binaryCrossEntropy takes probabilities as rows", () =>
    withNetwork({ ...regressor, loss: "binaryCrossEntropy" }, (network) => {
      const soft = x.map(([a]) => [a > 0 ? 0.9 : 0.2]);
      expect(
        network.evaluate({ x, y: soft }).loss /
          lossOf("binaryCrossEntropy", outputs(toReference(network), x), soft).loss,
      ).toBeCloseTo(1, 5);
    }));

  test("enormous logits give finite losses and probabilities", () =>
    withNetwork({ inputs: 1, layers: [{ units: 2 }], loss: "crossEntropy" }, async (network) => {
      network.layers[0].setWeights({ kernel: Float32Array.of(1e4, -1e4) });
      const { loss } = network.evaluate({ x: [[1], [-1]], y: [1, 1] });
      expect(loss).toBeCloseTo(1e4, 2);
      expect([...network.predict([[1], [-1]]).data]).toEqual([1, 0, 0, 1]);
    }));

  test("enormous binary logits give finite losses", () =>
    withNetwork({ inputs: 1, layers: [{ units: 1 }], loss: "binaryCrossEntropy" }, (network) => {
      network.layers[0].setWeights({ kernel: Float32Array.of(1e4) });
      expect(network.evaluate({ x: [[1], [-1]], y: [0, 0] }).loss).toBeCloseTo(5e3, 2);
      expect([...network.predict([[1], [-1]]).data]).toEqual([1, 0]);
    }));
});

describe("clones", () => {
  test("have the same weights and go ways of their own", () =>
    withNetwork(classifier, async (network) => {
      const before = weightsOf(network);
      const clone = await network.clone();
      expect(weightsOf(clone)).toEqual(before);
      expect(clone.spec).toEqual(network.spec);
      expect(clone.runtime).toEqual(network.runtime);
      await clone.fit(sectors(40), { epochs: 1 });
      expect(weightsOf(network)).toEqual(before);
      const trained = weightsOf(clone);
      await network.fit(sectors(40), { epochs: 1 });
      expect(weightsOf(network)).toEqual(trained); // the clone's twin: same seed, same place in the sequence
      network.layers[0].setWeights({ bias: new Float32Array(12).fill(5) });
      expect(weightsOf(clone)).toEqual(trained);
      clone.dispose();
      expect(weightsOf(network).length).toBe(network.parameterCount);
    }));

  test("are what the network was at the call, whatever becomes of it before they are there", () =>
    withNetwork(classifier, async (network) => {
      const before = weightsOf(network);
      const cloning = network.clone();
      network.layers[0].setWeights({ bias: new Float32Array(12).fill(5) });
      const training = network.fit(sectors(40), { epochs: 1 });
      using clone = await cloning;
      expect(weightsOf(clone)).toEqual(before);
      await training;
      const other = await createNetwork(classifier);
      const last = other.clone();
      other.dispose();
      using heir = await last;
      expect(weightsOf(heir)).toEqual(before);
    }));

  test("outlive their model", async () => {
    const network = await createNetwork(regressor);
    const wanted = network.predict(waves(5).x);
    const clone = await network.clone();
    network.dispose();
    expect(clone.predict(waves(5).x)).toEqual(wanted);
    clone.dispose();
  });

  test("keep prelu's learnt slopes and the arithmetic", () =>
    withNetwork(
      { inputs: 2, layers: [{ units: 4, activation: "prelu" }, { units: 1 }], loss: "huber" },
      async (network) => {
        await network.fit(waves(30), { epochs: 2, optimizer: sgd({ learningRate: 0.1 }) });
        const clone = await network.clone();
        expect([...clone.layers[0].getWeights().alpha!]).toEqual([...network.layers[0].getWeights().alpha!]);
        expect([...clone.layers[0].getWeights().alpha!]).not.toEqual([0.25, 0.25, 0.25, 0.25]);
        clone.dispose();
      },
      { arithmetic: "reproducible" },
    ));
});

test("many networks live side by side, and what one does leaves the others as they were", async () => {
  const networks = await Promise.all(Array.from({ length: 20 }, (_, seed) => createNetwork({ ...classifier, seed })));
  const before = networks.map(weightsOf);
  for (const network of networks.filter((_, index) => index % 3 === 0))
    await network.fit(sectors(64), { epochs: 2, batchSize: 64 });
  for (const network of networks.filter((_, index) => index % 3 === 1)) network.dispose();
  const newcomers = await Promise.all(Array.from({ length: 10 }, (_, seed) => createNetwork({ ...regressor, seed })));
  networks.forEach((network, index) => {
    if (index % 3 === 2) expect(weightsOf(network)).toEqual(before[index]);
    if (index % 3 === 0) expect(weightsOf(network)).not.toEqual(before[index]);
  });
  for (const network of [...networks, ...newcomers]) network.dispose();
});

test("a network whose batches made memory grow keeps its weights and its neighbours'", async () => {
  const [small, large] = await Promise.all([
    createNetwork(classifier),
    createNetwork({ inputs: 2, layers: [{ units: 700 }, { units: 3 }], loss: "crossEntropy" }),
  ]);
  const before = [weightsOf(small), weightsOf(large)];
  // 14 MB of activations
  await large.fit(sectors(2500), { epochs: 1, batchSize: 2500, optimizer: sgd({ learningRate: 0 }) });
  expect([weightsOf(small), weightsOf(large)]).toEqual(before);
  small.dispose();
  large.dispose();
});
