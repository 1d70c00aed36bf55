// Layers that another program ran: given at once, layer by layer in blocks, and together; and what is refused.
import { describe, expect, it } from "vitest";
import { diagnoseActivations, type LayerBlock, type LayerValues } from "../../src/index.js";
import { expectError, relumineError } from "../support/errors.js";
import fc from "../support/property.js";
import { normal, seededRandom } from "../support/random.js";

const UNITS = 6;

function makeRows(seed: number, rows: number, units = UNITS): number[][] {
  const random = normal(seededRandom(seed));
  return Array.from({ length: rows }, () =>
    Array.from({ length: units }, (_, i) => Math.fround(random() - (i % 3) * 3)),
  );
}

const cut = (rows: number[][], sizes: readonly number[]) => {
  const blocks: number[][][] = [];
  for (let start = 0, i = 0; start < rows.length; i++) {
    const size = sizes[i % sizes.length];
    blocks.push(rows.slice(start, start + size));
    start += size;
  }
  return blocks;
};

async function* stream<T>(blocks: readonly T[]): AsyncGenerator<T> {
  for (const block of blocks) yield await Promise.resolve(block);
}

const matrix = (rows: number[][]) => ({
  rows: rows.length,
  columns: rows[0].length,
  data: Float32Array.from(rows.flat()),
});
const bias = [0, -3, -6, 0, -3, -6];

describe("the same whichever way they are given", () => {
  it("rows, a matrix, a shape; blocks of one layer, of all, from a source", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer(),
        fc.integer({ min: 1, max: 300 }),
        fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 4 }),
        async (seed, count, sizes) => {
          const [a, b] = [makeRows(seed, count), makeRows(seed + 1, count)];
          const facts = [{ name: "a", bias, inputs: "rows" }, { name: "b" }] as const;
          const whole = diagnoseActivations({
            layers: [
              { ...facts[0], preactivations: a },
              { ...facts[1], activations: b.map((row) => row.map((z) => Math.max(0, z))) },
            ],
          });
          const other = diagnoseActivations({
            layers: [
              { ...facts[0], preactivations: matrix(a) },
              {
                ...facts[1],
                activations: { data: Float64Array.from(b.flat(), (z) => Math.max(0, z)), shape: [count, UNITS] },
              },
            ],
          });
          expect(other).toEqual(whole);
          const relu = (rows: number[][]) => rows.map((row) => row.map((z) => Math.max(0, z)));
          const streamed = await diagnoseActivations({
            layers: [
              { ...facts[0], preactivations: stream(cut(a, sizes)) },
              {
                ...facts[1],
                activations: { rows: count, blocks: () => stream<LayerValues>(cut(relu(b), sizes).map(matrix)) },
              },
            ],
          });
          expect(streamed).toEqual(whole);
          const together = await diagnoseActivations({
            layers: [facts[0], { ...facts[1], values: "activations" }],
            blocks: stream<LayerBlock>(cut(a, sizes).map((rows, i) => ({ a: rows, b: relu(cut(b, sizes)[i]) }))),
          });
          expect(together).toEqual(whole);
        },
      ),
      { numRuns: 30 },
    );
  });
});

const z = [
  [-1, 2, -3],
  [-2, 1, 4],
  [-3, 3, -1],
];

describe("what is said", () => {
  it("of each unit and layer", () => {
    const diagnosis = diagnoseActivations({
      layers: [{ name: "dense", preactivations: z, bias: [-9, 0, 0], inputs: "rows" }],
    });
    const [layer] = diagnosis.layers;
    expect(diagnosis).toMatchObject({ samples: 3, units: 3, dead: 1 });
    expect(layer).toMatchObject({ layer: 0, name: "dense", activation: "relu", dead: 1, closedRows: 0 });
    expect(layer.units.map(({ state }) => state)).toEqual(["dead", "linear", "alive"]);
    expect(layer.units[0]).toMatchObject({ mechanism: "negativeBias", permanent: true, activity: 0 });
    expect(layer.units[0].biasToRevive).toBeGreaterThan(1);
    expect(layer.units[0].biasToRevive).toBeLessThan(1.001);
    expect(layer.units[0].activityBound).toBeCloseTo(1 - 0.05 ** (1 / 3), 6);
    expect(String(diagnosis)).toContain("dense");
  });

  it("bounds go by rows, as places of a row are not independent", () => {
    const shape = [3, 2, 50];
    const data = new Float32Array(300).fill(-1).fill(1, 50, 60); // channel 1 fires at 10 places of one row
    const [closed, open] = diagnoseActivations({ layers: [{ preactivations: { data, shape } }] }).layers[0].units;
    expect(open.activity).toBeCloseTo(10 / 150, 12);
    expect(closed.activityBound).toBeCloseTo(1 - 0.05 ** (1 / 3), 6);
    expect(open.activityBound).toBeGreaterThan(0.7); // that of one row of three
  });

  it("closed rows as a remark, not of a layer that is closed on all", () => {
    const given = (rows: number[][]) => diagnoseActivations({ layers: [{ preactivations: rows }] }).findings;
    expect(
      given([
        [-1, -1],
        [1, -1],
        [-2, -1],
      ]),
    ).toContainEqual(
      expect.objectContaining({ kind: "closedSamples", role: "remark", figures: { closedRows: 2, rows: 3 } }),
    );
    expect(
      given([
        [-1, -1],
        [-1, -1],
      ]).map(({ kind }) => kind),
    ).toEqual(["silentTogether"]);
    expect(
      given([
        [1, -1],
        [1, 1],
      ]),
    ).toEqual([]);
  });

  it("units along the axis that the bias fits", () => {
    const data = new Float32Array(2 * 5 * 3);
    const units = (layer: object) =>
      diagnoseActivations({ layers: [{ preactivations: { data, shape: [2, 5, 3] }, ...layer }] }).units;
    expect(units({})).toBe(5);
    expect(units({ bias: [0, 0, 0] })).toBe(3);
    expect(units({ channels: "last" })).toBe(3);
    expect(
      units({
        kernel: [
          [1, 1, 1],
          [1, 1, 1],
        ],
      }),
    ).toBe(3);
  });

  it("terminal text is without what a name may hide", () => {
    const name = "\u001b[31mevil\nname";
    const text = String(
      diagnoseActivations({
        layers: [
          {
            name,
            preactivations: [
              [-1, -1],
              [-1, -2],
            ],
          },
        ],
      }),
    );
    expect(text).not.toContain("\u001b");
    expect(text).toContain("evil name");
  });

  it("thresholds", () => {
    const rows = Array.from({ length: 100 }, (_, i) => [i === 0 ? 1 : -1, 100]);
    const stateOf = (options: object) =>
      diagnoseActivations({ layers: [{ preactivations: rows }] }, options).layers[0].units[0].state;
    expect(stateOf({})).toBe("dormant");
    expect(stateOf({ dormantBelow: 0 })).toBe("alive");
    expect(stateOf({ rareBelow: 0.02 })).toBe("rare");
  });
});

describe("refusals", () => {
  it.each([
    [undefined, "shape", "layers"],
    [{ layers: [] }, "shape", "layers"],
    [{ layers: [{}] }, "value", "layers[0]"],
    [{ layers: [{ preactivations: z, activations: z }] }, "value", "layers[0]"],
    [{ layers: [{ preactivations: "z" }] }, "shape", "layers[0].preactivations"],
    [{ layers: [{ preactivations: [] }] }, "value", "layers[0].units"],
    [{ layers: [{ preactivations: [[1, 2], [3]] }] }, "shape", "layers[0].preactivations[1]"],
    [{ layers: [{ preactivations: [["1"]] }] }, "value", "layers[0].preactivations[0][0]"],
    [{ layers: [{ preactivations: { data: [1], shape: [1, 1] } }] }, "value", "layers[0].preactivations.data"],
    [
      { layers: [{ preactivations: { data: new Float32Array(1), shape: [1] } }] },
      "shape",
      "layers[0].preactivations.shape",
    ],
    [
      { layers: [{ preactivations: { data: new Float32Array(1), shape: [-1, -1] } }] },
      "shape",
      "layers[0].preactivations",
    ],
    [
      { layers: [{ preactivations: { data: new Float32Array(4), shape: [1e200, 1e200] } }] },
      "shape",
      "layers[0].preactivations",
    ],
    [{ layers: [{ preactivations: z, bias: [1] }] }, "shape", "layers[0].bias"],
    [{ layers: [{ preactivations: z, bias: [1, NaN, 1] }] }, "value", "layers[0].bias"],
    [{ layers: [{ preactivations: z, kernel: [[1, 2]] }] }, "shape", "layers[0].kernel"],
    [{ layers: [{ preactivations: z, name: 1 }] }, "value", "layers[0].name"],
    [{ layers: [{ preactivations: z, inputs: "other" }] }, "value", "layers[0].inputs"],
    [{ layers: [{ preactivations: z, biases: [] }] }, "value", "layers[0].biases"],
    [{ layers: [{ preactivations: z }, { preactivations: [[1]] }] }, "shape", "layers[1]"],
  ] as const)("%j", (given, code, path) => {
    expect(() => diagnoseActivations(given as never)).toThrow(relumineError(code, path));
  });

  it("options", () => {
    expect(() => diagnoseActivations({ layers: [{ preactivations: z }] }, { rareBelow: 2 })).toThrow(
      relumineError("value", "rareBelow"),
    );
    expect(() => diagnoseActivations({ layers: [{ preactivations: z }] }, { targets: z } as never)).toThrow(
      relumineError("value", "diagnoseActivations.targets"),
    );
  });

  it("blocks of another width, of no rows, without a layer; the source is closed", async () => {
    let closed = 0;
    async function* source(blocks: unknown[]) {
      try {
        for (const block of blocks) yield (await Promise.resolve(block)) as LayerValues;
      } finally {
        closed++;
      }
    }
    const layers = (...blocks: unknown[]) => ({ layers: [{ preactivations: source(blocks) }] });
    await expectError(diagnoseActivations(layers(z, [[1, 2]])), "shape", "layers[0].preactivations");
    await expectError(diagnoseActivations(layers(z, "no")), "shape", "layers[0].preactivations.blocks[1]");
    await expectError(diagnoseActivations(layers()), "shape", "layers[0]");
    expect(closed).toBe(3);
    await expectError(
      diagnoseActivations({ layers: [{ name: "a" }], blocks: stream<LayerBlock>([{ b: z }]) }),
      "value",
      "given.blocks[0]",
    );
    await expectError(
      diagnoseActivations({ layers: [{ name: "a" }], blocks: stream<LayerBlock>([]) }),
      "shape",
      "blocks",
    );
  });

  it("a signal ends it, and progress is heard", async () => {
    const rows = makeRows(1, 4000, 600);
    const blocks = cut(rows, [100]);
    const shares: number[] = [];
    await diagnoseActivations(
      { layers: [{ preactivations: { rows: 4000, blocks: () => stream<LayerValues>(blocks) } }] },
      { onProgress: (share) => void shares.push(share) },
    );
    expect(shares.at(-1)).toBe(1);
    expect(shares.length).toBeGreaterThan(2);
    expect([...shares].sort((a, b) => a - b)).toEqual(shares);
    const controller = new AbortController();
    const never = (async function* () {
      yield blocks[0];
      controller.abort();
      await new Promise(() => {});
    })();
    await expectError(
      diagnoseActivations({ layers: [{ preactivations: never }] }, { signal: controller.signal }),
      "value",
      "signal",
    );
  });
});

describe("a dense layer behind values whose channels are last", () => {
  // two places x two channels; channel 1 is silent; a kernel row for each place and channel, as Keras flattens them
  const z = { data: Float32Array.of(1, -1, 2, -1, 3, -2, 1, -2), shape: [2, 2, 2] };
  const mechanisms = (channels: "first" | "last", ...columns: number[][]) => {
    const kernel = [0, 1, 2, 3].map((row) => columns.map((column) => column[row]));
    const dense = {
      name: "dense",
      inputs: "conv",
      kernel,
      preactivations: columns[0].slice(0, 2).map(() => columns.map(() => -1)),
    };
    const { layers } = diagnoseActivations({ layers: [{ name: "conv", channels, preactivations: z }, dense] });
    return layers[1].units.map(({ mechanism }) => mechanism);
  };

  it("has silent inputs only where it has them in whichever order its kernel's rows are", () => {
    const [live, either, silent] = [
      [0, 0, -1, -1], // of place 1 both channels: 0 lives
      [0, 0, 0, -1], // of place 1 channel 1; or of channel 1 place 1
      [0, -1, 0, -1], // of channel 1 both places; or of both channels place 1
    ];
    expect(mechanisms("last", live, either, silent)).toEqual([undefined, "silentInputs", undefined]);
  });

  it("and of channels that are first, whose rows stand together, has what it had", () => {
    const first = { data: Float32Array.of(1, 2, -1, -1, 3, 1, -2, -2), shape: [2, 2, 2] };
    const kernel = [[0], [0], [-1], [-1]];
    const dense = { name: "dense", inputs: "conv", kernel, preactivations: [[-1], [-1]] };
    const { layers } = diagnoseActivations({
      layers: [{ name: "conv", channels: "first", preactivations: first }, dense],
    });
    expect(layers[1].units[0].mechanism).toBe("silentInputs");
  });
});

it("blocks whose layers have different numbers of rows are refused", async () => {
  const values = (rows: number) => ({ data: new Float32Array(2 * rows), shape: [rows, 2] });
  const layers = [{ name: "a" }, { name: "b" }];
  const refused = [
    { a: values(2), b: values(3) },
    { a: values(3), b: values(2) },
  ]; // five rows each in the end
  await expectError(diagnoseActivations({ layers, blocks: stream(refused) }), "shape", 'given.blocks[0]["b"]');
});
