// treat and calibrate of rows that come in blocks: what one matrix of all rows gives, however they are cut.
import { describe, expect, test } from "vitest";
import {
  calibrate,
  diagnose,
  type Diagnosis,
  type Matrix,
  type Network,
  type NetworkSpec,
  type Remedy,
  type SampleSource,
  treat,
  type Treatment,
} from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import { cut, watchPasses } from "../support/blocks.js";
import { expectRefusal } from "../support/errors.js";
import { ARITHMETICS, withNetwork } from "../support/networks.js";
import { normal, seededRandom } from "../support/random.js";
import { memoryOf } from "./promises.js";

const INPUTS = 5;
const spec: NetworkSpec = {
  inputs: INPUTS,
  layers: [{ units: 30 }, { units: 20 }, { units: 12, activation: "tanh" }, { units: 3 }],
  loss: "crossEntropy",
  seed: 6,
};
const remedies: Remedy[] = [
  { kind: "liftBias" },
  { kind: "openSamples" },
  { kind: "recycle", dormantBelow: 0.3 },
  { kind: "reinitialize" },
  { kind: "replaceActivation", activation: "leakyRelu" },
  { kind: "prune" },
];

function rowsOf(rows: number): Matrix {
  const draw = normal(seededRandom(rows));
  return { rows, columns: INPUTS, data: Float32Array.from({ length: rows * INPUTS }, () => draw()) };
}

/** Some units of two layers are dead, one of them always says the same, one leads nowhere. */
async function withDead(use: (network: Network) => Promise<void>, options?: Parameters<typeof withNetwork>[2]) {
  await withNetwork(
    spec,
    async (network) => {
      for (const layer of network.layers.slice(0, 2)) {
        const { kernel, bias } = layer.getWeights();
        bias.fill(-100, 0, 4);
        for (let at = 5; at < kernel.length; at += bias.length) kernel[at] = 0;
        bias[5] = 0.5;
        layer.setWeights({ kernel, bias });
      }
      const { kernel } = network.layers[2]!.getWeights();
      network.layers[2]!.setWeights({ kernel: kernel.fill(0, 7 * 12, 8 * 12) });
      await use(network);
    },
    options,
  );
}

const verdicts = ({ layers, samples, dead }: Diagnosis) => ({ layers, samples, dead });

function told({ before, after, outputChange, treated, findings, remedy, network }: Treatment) {
  return {
    before: verdicts(before),
    after: verdicts(after),
    outputChange,
    treated,
    findings,
    remedy,
    memory: memoryOf(network),
  };
}

/** What the treatment did, and what undo leaves. */
async function tried(network: Network, x: Matrix | SampleSource, remedy: Remedy) {
  using copy = await network.clone();
  const treatment = await treat(copy, x as Matrix, remedy);
  const said = told(treatment);
  treatment.undo();
  return { said, undone: memoryOf(copy) };
}

describe.each(remedies)("$kind of blocks", (remedy) => {
  test.each(ARITHMETICS)("is that of a matrix, to the bit: %s", (arithmetic) =>
    withDead(
      async (network) => {
        for (const [rows, ...sizes] of [
          [3, 2],
          [256, 256],
          [700, 1, 333, 64],
          [1024, 5000],
        ] as const) {
          const x = rowsOf(rows);
          const whole = await tried(network, x, remedy);
          if (rows > 3) expect(whole.said.before.dead).toBeGreaterThanOrEqual(8);
          expect(await tried(network, { blocks: () => cut(x, ...sizes) }, remedy)).toEqual(whole);
          expect(await tried(network, { rows, blocks: () => cut(x, ...sizes) }, remedy)).toEqual(whole);
          expect(whole.undone).toEqual(memoryOf(network));
        }
      },
      { arithmetic },
    ),
  );

  test("of more rows than are looked at again: units, weights and outputs", () =>
    withDead(async (network) => {
      const x = rowsOf(2500);
      const withoutProofs = ({ layers }: Diagnosis) =>
        layers.map(({ units }) => units.map(({ proof: _proof, wakingInput: _input, ...unit }) => unit));
      const of = async (rows: Matrix | SampleSource) => {
        const { said } = await tried(network, rows, remedy);
        const { before, after, outputChange, treated, memory } = said;
        return [withoutProofs(before as Diagnosis), withoutProofs(after as Diagnosis), outputChange, treated, memory];
      };
      expect(await of({ blocks: () => cut(x, 400) })).toEqual(await of(x));
    }));
});

test("a source's iterators are all read to their end, or closed", () =>
  withDead(async (network) => {
    const x = rowsOf(700);
    const passes = watchPasses(() => cut(x, 90));
    const { blocks, open } = passes;
    await treat(network, { blocks }, { kind: "reinitialize" });
    await calibrate(network, { blocks });
    expect(passes.opened).toBeGreaterThan(5);
    expect(open.size).toBe(0);
    const abort = new AbortController();
    const onProgress = () => abort.abort();
    await expectRefusal(() => calibrate(network, { blocks }, { signal: abort.signal, onProgress }), "value", "signal");
    expect(open.size).toBe(0);
  }));

test("blocks are read twice, and for the first layer twice besides, or as often as units are drawn", () =>
  withDead(async (network) => {
    const usual = rowsOf(300);
    const closed = { ...usual, data: new Float32Array(usual.data.length) };
    const readings = async (x: Matrix, remedy: Remedy) => {
      using copy = await network.clone();
      let opened = 0;
      const treatment = await treat(copy, { blocks: () => (opened++, cut(x, 100)) }, remedy);
      treatment.undo();
      return opened;
    };
    const counted = async (x: Matrix) => {
      const counts: [string, number][] = [];
      for (const remedy of remedies) counts.push([remedy.kind, await readings(x, remedy)]);
      return Object.fromEntries(counts);
    };
    const [some, most] = [await counted(usual), await counted(closed)];
    expect(some).toMatchObject({ liftBias: 4, recycle: 4, reinitialize: 4, replaceActivation: 2, prune: 2 });
    expect(most).toMatchObject({ replaceActivation: 2, prune: 2 });
    expect(Math.max(...Object.values(most))).toBe(9);
  }));

describe("calibrate of blocks", () => {
  test.each(ARITHMETICS)("is that of a matrix, to the bit: %s", (arithmetic) =>
    withDead(
      async (network) => {
        for (const [rows, ...sizes] of [
          [2, 1],
          [300, 300],
          [2500, 1000, 7],
        ] as const) {
          const x = rowsOf(rows);
          for (const orthogonal of [false, true]) {
            using one = await network.clone();
            using other = await network.clone();
            const whole = await calibrate(one, x, { activity: 0.3, orthogonal });
            const options = { activity: 0.3, orthogonal };
            expect(await calibrate(other, { blocks: () => cut(x, ...sizes) }, options)).toEqual(whole);
            expect(memoryOf(other)).toEqual(memoryOf(one));
            expect(memoryOf(other)).not.toEqual(memoryOf(network));
          }
        }
      },
      { arithmetic },
    ),
  );

  test("one row is refused", () =>
    withDead((network) => expectRefusal(() => calibrate(network, { blocks: () => cut(rowsOf(1), 1) }), "shape", "x")));
});

describe("what is refused, with nothing changed", () => {
  const x = rowsOf(500);
  const WORK = [
    ["treat", (network: Network, rows: unknown) => treat(network, rows as SampleSource, { kind: "recycle" })],
    ["prune", (network: Network, rows: unknown) => treat(network, rows as SampleSource, { kind: "prune" })],
    ["calibrate", (network: Network, rows: unknown) => calibrate(network, rows as SampleSource)],
  ] as const;

  test.each(WORK)("%s: blocks for one pass, and a source that is one in disguise", (_, work) =>
    withDead(async (network) => {
      const memory = memoryOf(network);
      const { used } = stateOf(network).runtime.heap;
      await expectRefusal(() => work(network, cut(x, 100)), "value", "x");
      const once = cut(x, 100);
      await expectRefusal(() => work(network, { blocks: () => once }), "shape", "x");
      let passes = 0;
      const other = (rows: number) => ({ blocks: () => cut(passes++ === 0 ? x : rowsOf(rows), 100) });
      for (const rows of [499, 501, 600]) {
        passes = 0;
        await expectRefusal(() => work(network, other(rows)), "shape", "x");
      }
      await expectRefusal(() => work(network, { rows: 400, blocks: () => cut(x, 100) }), "shape", "x");
      const torn = new Error("torn");
      const tearing = () => {
        if (++passes === 2) throw torn;
        return cut(x, 100);
      };
      passes = 0;
      await expect(work(network, { blocks: tearing })).rejects.toBe(torn);
      expect(memoryOf(network)).toEqual(memory);
      // less, where earlier tests' treated states were freed
      expect(stateOf(network).runtime.heap.used).toBeLessThanOrEqual(used);
    }),
  );

  test.each(WORK)("%s: a network that is changed while a block is awaited", (_, work) =>
    withDead(async (network) => {
      const { bias } = network.layers[1]!.getWeights();
      let blocks = 0;
      async function* changing() {
        for await (const block of cut(x, 100)) {
          if (blocks++ === 8) network.layers[1]!.setWeights({ bias });
          yield block;
        }
      }
      await expectRefusal(() => work(network, { blocks: changing }), "value", "network");
      expect(blocks).toBeGreaterThan(8);
    }),
  );

  test("targets, which need rows beside them", () =>
    withDead(async (network) => {
      const options = { targets: new Array<number>(500).fill(0) } as object;
      const source = { blocks: () => cut(x, 100) };
      await expectRefusal(() => treat(network, source, { kind: "prune" }, options), "value", "known.targets");
    }));
});

test("deaths and a history are taken, and say what to change besides", () =>
  withDead(async (network) => {
    const x = rowsOf(200);
    const death = { layer: 0, unit: 1, cause: "momentum" } as never;
    const { besides } = await treat(network, { blocks: () => cut(x, 70) }, { kind: "liftBias" }, { deaths: [death] });
    expect(besides.map(({ finding }) => finding)).toContain("momentum");
    expect(diagnose(network, x).dead).toBe(0);
  }));
