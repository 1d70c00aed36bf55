// Bytes and halves give what the same numbers give as float32, to the bit, whatever is done with them.
import { expect, it } from "vitest";
import { expectError } from "../support/errors.js";
import { weightsOf, withNetwork } from "../support/networks.js";
import fc from "../support/property.js";
import { seededRandom } from "../support/random.js";
import {
  calibrate,
  createNetwork,
  diagnose,
  exportNetwork,
  forecast,
  importNetwork,
  type NetworkSpec,
  prescribe,
  prove,
  recordActivity,
  recycleDormant,
  type Samples,
  sgd,
  traceDeaths,
  treat,
} from "../../src/index.js";
import type { CompactMatrix } from "../../src/core/rows/compact.js";
import { toMatrix } from "../../src/core/matrix.js";
import { localEngine, sweep } from "../../src/sweep.js";

interface Drawn extends CompactMatrix {
  readonly data: Uint8Array | Uint16Array;
}

/** Halves between 0.5 and 2, or bytes; wide rows are copied otherwise than narrow ones. */
function draw(type: "uint8" | "float16", rows: number, columns: number, seed: number): Drawn {
  const random = seededRandom(seed);
  const fill = <T extends Uint8Array | Uint16Array>(data: T, low: number, count: number): T =>
    data.map(() => low + Math.floor(random() * count)) as T;
  if (type === "uint8")
    return { rows, columns, data: fill(new Uint8Array(rows * columns), 0, 256), scale: 1 / 255, offset: -0.25 };
  return { rows, columns, data: fill(new Uint16Array(rows * columns), 0x3800, 0x800), type };
}

const specOf = (inputs: number): NetworkSpec => ({
  inputs,
  layers: [{ units: 16 }, { units: 9 }, { units: 3 }],
  loss: "crossEntropy",
  seed: 3,
});

const labelsOf = (rows: number) => Array.from({ length: rows }, (_, r) => (r * 7) % 3);

async function everything(x: Samples & { readonly rows: number; readonly columns: number }, held: number) {
  const y = labelsOf(x.rows);
  const spec = specOf(x.columns);
  return withNetwork(spec, async (network) => {
    await calibrate(network, x);
    const [trace, activity] = [traceDeaths(), recordActivity(x, { samples: 5 })];
    const { epochs } = await network.fit(
      { x, y },
      {
        epochs: 4,
        batchSize: 9,
        optimizer: sgd({ learningRate: 3 }),
        validation: held === 0 ? { x, y } : held,
        callbacks: [trace, activity, recycleDormant({ everySteps: 4 })],
      },
    );
    return {
      epochs: epochs.map(({ seconds: _, ...log }) => log),
      weights: weightsOf(network),
      deaths: trace.deaths,
      frames: activity.frames,
      metrics: network.evaluate({ x, y }),
      outputs: network.predict(x).data,
      gradients: network.gradients({ x, y }),
      diagnosis: `${diagnose(network, x, { targets: y })}`,
      proof: (await prove(network, x, { threads: 1 })).units,
      forecast: `${await forecast(spec, x, { targets: y })}`,
      treatment: `${await treat(network, x, { kind: "liftBias" })}`,
    };
  });
}

it.each([
  ["uint8", 60, 5, 0.2],
  ["uint8", 40, 130, 0],
  ["float16", 60, 5, 0],
  ["float16", 40, 130, 0.2],
] as const)("%s, %i rows of %i", async (type, rows, columns, held) => {
  const x = draw(type, rows, columns, 1);
  const compact = await everything(x, held);
  expect(compact).toEqual(await everything(toMatrix("x", x), held));
  const other = { ...x, data: x.data.map((bits: number) => bits ^ 1) };
  expect(compact).not.toEqual(await everything(other, held)); // it is these numbers that are told of
});

it("any of them", () =>
  fc.assert(
    fc.asyncProperty(
      fc.constantFrom("uint8" as const, "float16" as const),
      fc.integer({ min: 2, max: 40 }),
      fc.integer({ min: 1, max: 120 }),
      fc.integer({ min: 1, max: 45 }),
      fc.boolean(),
      async (type, rows, columns, batchSize, shuffle) => {
        const x = draw(type, rows, columns, rows * columns);
        const run = (samples: Samples) =>
          withNetwork(specOf(columns), async (network) => {
            await network.fit({ x: samples, y: labelsOf(rows) }, { epochs: 2, batchSize, shuffle });
            return weightsOf(network);
          });
        expect(await run(x)).toEqual(await run(toMatrix("x", x)));
      },
    ),
    { numRuns: 20 },
  ));

it("goes on with a training, on the same bytes alone", async () => {
  const x = draw("uint8", 41, 7, 2); // its bytes are no whole words
  const y = labelsOf(41);
  const network = await createNetwork(specOf(7));
  await network.fit({ x, y }, { epochs: 2 });
  const stored = await exportNetwork(network, "safetensors", { training: true });
  await network.fit({ x, y }, { epochs: 4, resume: true });
  const again = await importNetwork(stored);
  const other = { ...x, data: x.data.map((value: number, i: number) => (i === 286 ? value ^ 1 : value)) };
  await expectError(again.fit({ x: other, y }, { epochs: 4, resume: true }), "value", "data");
  await expectError(again.fit({ x: { ...x, scale: 1 }, y }, { epochs: 4, resume: true }), "value", "data");
  await again.fit({ x, y }, { epochs: 4, resume: true });
  expect(weightsOf(again)).toEqual(weightsOf(network));
  again.dispose();
  network.dispose();
});

it("tries remedies, and sweeps, as of float32", async () => {
  const x = draw("uint8", 50, 6, 4);
  const y = labelsOf(50);
  const rows = { compact: x, float32: toMatrix("x", x) };
  const tried = async (samples: Samples) => {
    const options = { trials: 3, repeats: 2, workers: 1, arithmetic: "reproducible" } as const;
    const { trials } = await prescribe(specOf(6), { x: samples, y }, { epochs: 3, optimizer: sgd() }, options);
    return trials.map(({ name, metrics }) => ({ name, metrics }));
  };
  expect(await tried(rows.compact)).toEqual(await tried(rows.float32));
  const base = { spec: specOf(6), fit: { epochs: 2 } };
  const swept = async (samples: Samples) => {
    const options = { engine: localEngine({ workers: 1 }) };
    const { trials } = await sweep({ base, axes: { learningRate: [0.1, 0.01] } }, { x: samples, y }, options);
    return trials.map(({ id, score }) => ({ id, score })); // the same names: what was trained once need not be again
  };
  expect(await swept(rows.compact)).toEqual(await swept(rows.float32));
});

it("says so when its bytes are gone", async () => {
  const x = draw("uint8", 20, 4, 5);
  const network = await createNetwork(specOf(4));
  const callbacks = [
    { onEpochEnd: () => void structuredClone(x.data.buffer, { transfer: [x.data.buffer as ArrayBuffer] }) },
  ];
  await expectError(network.fit({ x, y: labelsOf(20) }, { epochs: 2, callbacks }), "value", "x.data");
  network.dispose();
});
