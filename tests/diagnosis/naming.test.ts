// Messages of findings and treatments call layers, units, columns and classes as the caller's naming does: with marks
// around every name the rest of the sentence is what it is without.
import { describe, expect, test } from "vitest";
import { diagnose, diagnoseNaming } from "../../src/diagnosis/diagnose.js";
import { explainDeath } from "../../src/diagnosis/trace/death-text.js";
import { createNetwork, type DiagnoseOptions, type FindingKind, type Network, traceDeaths } from "../../src/index.js";
import type { Naming } from "../../src/text/naming.js";
import { treat, treatNaming } from "../../src/treatment/treat.js";

const mark = (what: string) => (index: number) => `<${what}${index}>`;
const MARKED: Naming = {
  layer: mark("layer"),
  unit: mark("unit"),
  column: mark("column"),
  class: mark("class"),
  row: mark("row"),
};
const plainly = (text: string) => text.replace(/<[a-z]+(\d+)>/g, "$1");
const marksOf = (text: string) => text.match(/<[a-z]+\d+>/g) ?? [];

const ROWS = 60;
const wave = (row: number, column: number) => Math.sin(1 + row * (1.3 + column));
const inputs = (columns: number, valueOf = wave) => ({
  rows: ROWS,
  columns,
  data: Float32Array.from({ length: ROWS * columns }, (_, i) => valueOf(Math.floor(i / columns), i % columns)),
});

/** What is said of a kind with the marked naming; that it is the plain text but for the marks is checked. */
function marks(network: Network, x: ReturnType<typeof inputs>, kind: FindingKind, options?: DiagnoseOptions) {
  const plain = diagnose(network, x, options).findings.filter((one) => one.kind === kind);
  const marked = diagnoseNaming(network, x, options, MARKED).findings.filter((one) => one.kind === kind);
  expect(marked.length).toBeGreaterThan(0);
  const unmarked = marked.map((one) => ({ ...one, message: plainly(one.message), advice: plainly(one.advice) }));
  expect(unmarked).toEqual(plain);
  return marked.map(({ message, advice }) => [marksOf(message), marksOf(advice)]);
}

async function deep(closed: number): Promise<Network> {
  const network = await createNetwork({
    inputs: 2,
    layers: [{ units: 4 }, { units: 4 }, { units: 4 }, { units: 1 }],
    loss: "meanSquaredError",
  });
  network.layers[closed].setWeights({
    kernel: network.layers[closed].getWeights().kernel,
    bias: new Float32Array(4).fill(-50),
  });
  return network;
}

describe("findings", () => {
  test("a closed layer: what gets no gradient, who is silent, what to open", async () => {
    using network = await deep(2);
    const x = inputs(2);
    expect(marks(network, x, "noGradientFromAbove")).toEqual([[["<layer0>", "<layer1>", "<layer2>"], ["<layer2>"]]]);
    expect(marks(network, x, "silentTogether")).toEqual([
      [["<layer2>", "<unit0>", "<unit1>", "<unit2>", "<unit3>"], []],
    ]);
    expect(marks(network, x, "collapsedOutput")[0][0]).toEqual(["<layer2>"]);
  });

  test("units that are cut off, or one another's copies", async () => {
    using network = await createNetwork({ inputs: 2, layers: [{ units: 3 }, { units: 1 }], loss: "meanSquaredError" });
    const { kernel, bias } = network.layers[0].getWeights();
    for (const row of [0, 3]) kernel[row + 2] = kernel[row];
    bias.fill(5);
    network.layers[0].setWeights({ kernel, bias });
    network.layers[1].setWeights({ kernel: Float32Array.of(1, 0, 1), bias: Float32Array.of(0) });
    expect(marks(network, inputs(2), "zeroOutgoingWeights")).toEqual([[["<layer0>", "<unit1>"], []]]);
    expect(marks(network, inputs(2), "constantTogether")).toEqual([[["<layer0>", "<unit0>", "<unit2>"], []]]);
  });

  test("columns, and the row of an outlier", async () => {
    using network = await createNetwork({ inputs: 5, layers: [{ units: 8 }, { units: 1 }], loss: "meanSquaredError" });
    const x = inputs(
      5,
      (row, column) =>
        [wave(row, 0), 7, wave(row, 0), wave(row, 3) + (row === 9 ? 5000 : 0), 1e5 + wave(row, 4)][column],
    );
    expect(marks(network, x, "constantInputs")).toEqual([[["<column1>"], []]]);
    expect(marks(network, x, "duplicateInputs")).toEqual([[["<column2>"], []]]);
    expect(marks(network, x, "outlierInputs")).toEqual([[["<column3>", "<row9>"], []]]);
    expect(marks(network, x, "uncenteredInputs")[0][0][0]).toBe("<column4>");
    expect(marks(network, x, "unscaledInputs")[0][0][0]).toBe("<column3>");
    const rowless = diagnoseNaming(network, x, undefined, { ...MARKED, row: () => undefined });
    expect(rowless.findings.find(({ kind }) => kind === "outlierInputs")!.message).toMatch(/of 60 \(5,00\d(\.\d+)?\);/);
  });

  test("classes", async () => {
    using network = await createNetwork({ inputs: 2, layers: [{ units: 3 }], loss: "crossEntropy" });
    network.layers[0].setWeights({ kernel: new Float32Array(6), bias: Float32Array.of(0, 1, 0) });
    const targets = Uint8Array.from({ length: ROWS }, (_, row) => row % 3);
    expect(marks(network, inputs(2), "oneClassPredicted", { targets })).toEqual([[["<class1>"], []]]);
    network.layers[0].setWeights({ kernel: Float32Array.of(9, -9, 0, 0, 0, 0), bias: new Float32Array(3) });
    expect(marks(network, inputs(2), "classNeverPredicted", { targets })).toEqual([[["<class2>"], []]]);
    const same = new Uint8Array(ROWS).fill(2);
    expect(marks(network, inputs(2), "singleClass", { targets: same })).toEqual([[["<class2>"], []]]);
  });

  test("a gradient that vanishes on its way down", async () => {
    const hidden = Array.from({ length: 8 }, () => ({ units: 6, activation: "sigmoid" as const }));
    using network = await createNetwork({ inputs: 2, layers: [...hidden, { units: 1 }], loss: "meanSquaredError" });
    expect(marks(network, inputs(2), "vanishingGradient")[0][0]).toEqual(["<layer7>", "<layer0>"]);
  });
});

test("treatments: the units that are still dead", async () => {
  const treated = async (how: (network: Network) => ReturnType<typeof treat>) => {
    using network = await deep(0);
    return (await how(network)).findings.map(({ message }) => message);
  };
  const x = { ...inputs(2), data: new Float32Array(2 * ROWS).fill(1) };
  const remedy = { kind: "replaceActivation", activation: "gelu" } as const;
  const plain = await treated((network) => treat(network, x, remedy));
  const marked = await treated((network) => treatNaming(network, x, remedy, undefined, MARKED));
  expect(marked.map(plainly)).toEqual(plain);
  expect(marked.flatMap(marksOf)).toEqual(["<layer0>", "<unit0>"]);
});

test("a death", async () => {
  using network = await deep(1);
  const trace = traceDeaths();
  const x = inputs(2);
  await network.fit({ x, y: x.data.subarray(0, ROWS) }, { epochs: 1, callbacks: [trace] });
  const death = trace.deaths.find(({ layer, unit }) => layer === 1 && unit === 3)!;
  const told = explainDeath(death, 0, MARKED);
  expect(marksOf(told)).toEqual(["<unit3>", "<layer1>"]);
  expect(plainly(told)).toBe(death.explanation);
});
