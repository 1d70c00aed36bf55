// treat and calibrate in slices: they let others have their turn, and nothing is changed where they end before the end.
import { afterEach, describe, expect, test, vi } from "vitest";
import { calibrate, type Network, type NetworkSpec, type Remedy, type Samples, treat } from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";
import { expectRefusal } from "../support/errors.js";
import { withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { memoryOf } from "./promises.js";

const x = randomRows(seededRandom(4), 3000, 3, 1);
const spec: NetworkSpec = {
  inputs: 3,
  layers: [{ units: 20 }, { units: 20 }, { units: 2 }],
  loss: "meanSquaredError",
  seed: 3, // no unit but those that are made so is dead: one that may fire beyond the rows is looked for long
};

interface Options {
  signal?: AbortSignal;
  onProgress?: (share: number) => void;
}

const remedies: Remedy[] = [
  { kind: "liftBias" },
  { kind: "openSamples" },
  { kind: "recycle" },
  { kind: "reinitialize" },
  { kind: "replaceActivation", activation: "leakyRelu" },
  { kind: "prune" },
];
/**
 * What "prune" makes is given back at once: a network that is found to be garbage frees its memory whenever it likes.
 */
async function treated(network: Network, remedy: Remedy, options?: Options, rows: Samples = x): Promise<unknown> {
  const treatment = await treat(network, rows, remedy, options);
  if (treatment.network !== network) treatment.network.dispose();
  return treatment;
}

const WORK = [
  ...remedies.map(
    (remedy) =>
      [
        remedy.kind,
        (network: Network, options?: Options, rows?: Samples) => treated(network, remedy, options, rows),
      ] as const,
  ),
  ["calibrate", (network: Network, options?: Options, rows: Samples = x) => calibrate(network, rows, options)] as const,
];

async function withDead(use: (network: Network) => Promise<void>): Promise<void> {
  await withNetwork(spec, async (network) => {
    for (const layer of network.layers.slice(0, 2)) {
      const { bias } = layer.getWeights();
      layer.setWeights({ bias: bias.map((value, unit) => (unit < 4 ? -100 : value)) });
    }
    await use(network);
  });
}

/** Each look at the pace finds that it is time to let others have their turn. */
function slowClock(): void {
  let now = 0;
  vi.spyOn(performance, "now").mockImplementation(() => (now += 20));
}

afterEach(() => vi.restoreAllMocks());

describe.each(WORK)("%s", (_, work) => {
  test("lets others have their turn, and tells shares that rise to 1", () =>
    withDead(async (network) => {
      slowClock();
      const shares: number[] = [];
      await work(network, { onProgress: (share) => shares.push(share) });
      expect(shares.length).toBeGreaterThan(10);
      expect(shares).toEqual([...shares].sort((a, b) => a - b));
      expect(shares[0]).toBeGreaterThan(0);
      expect(shares.at(-1)).toBe(1);
    }));

  test("whenever it is aborted, or a callback throws, all is as it was", () =>
    withDead(async (network) => {
      slowClock();
      const memory = memoryOf(network);
      await expectRefusal(() => work(network, { signal: AbortSignal.abort() }), "value", "signal");
      expect(memoryOf(network)).toEqual(memory);
      let slices = 0;
      using other = await network.clone();
      const kept = await work(other, { onProgress: () => slices++ }); // what undo needs is freed with it
      const { used } = stateOf(network).runtime.heap;
      for (let allowed = 0; allowed < slices; allowed += Math.max(5, Math.ceil(slices / 12))) {
        const abort = new AbortController();
        let heard = 0;
        const onProgress = () => heard++ === allowed && abort.abort();
        await expectRefusal(() => work(network, { signal: abort.signal, onProgress }), "value", "signal");
        expect(memoryOf(network)).toEqual(memory);
        expect(stateOf(network).runtime.heap.used).toBe(used);
      }
      expect(kept).toBeDefined();
    }));

  test("is refused where the network is changed, trained or disposed of meanwhile", () =>
    withDead(async (network) => {
      slowClock();
      const { bias } = network.layers[1]!.getWeights();
      const once = (act: () => void) => {
        let isDone = false;
        return { onProgress: () => void (isDone || ((isDone = true), act())) };
      };
      await expectRefusal(
        () =>
          work(
            network,
            once(() => network.layers[1]!.setWeights({ bias: bias.map((each) => each + 1) })),
          ),
        "value",
        "network",
      );
      expect(network.layers[1]!.getWeights().bias[0]).toBe(bias[0]! + 1);
      let training: Promise<unknown> | undefined;
      const train = () => (training = network.fit({ x, y: x.map(() => [0, 0]) }, { epochs: 1 }));
      await expectRefusal(() => work(network, once(train)), "value", "network");
      await training;
      const memory = memoryOf(network);
      const torn = new Error("torn");
      await expect(
        work(
          network,
          once(() => {
            throw torn;
          }),
        ),
      ).rejects.toBe(torn);
      expect(memoryOf(network)).toEqual(memory);
      await expectRefusal(
        () =>
          work(
            network,
            once(() => network.dispose()),
          ),
        "disposed",
      );
    }));

  test("rows that are refilled meanwhile: finite weights, or a refusal with nothing changed", () =>
    withDead(async (network) => {
      slowClock();
      const memory = memoryOf(network);
      for (const value of [7, Number.NaN, Infinity]) {
        using copy = await network.clone();
        const data = Float32Array.from(x.flat());
        const rows = { rows: x.length, columns: 3, data };
        let heard = 0;
        const onProgress = () => void (heard++ === 6 && data.fill(value));
        const outcome = await work(copy, { onProgress }, rows).catch((error: unknown) => error);
        expect(heard).toBeGreaterThan(6);
        if (outcome instanceof Error) {
          expect(outcome).toMatchObject({ name: "RelumineError", code: "value" });
          expect(memoryOf(copy)).toEqual(memory);
        }
        for (const layer of copy.layers)
          for (const values of Object.values(layer.getWeights())) expect(values.every(Number.isFinite)).toBe(true);
      }
      const moved = { rows: x.length, columns: 3, data: Float32Array.from(x.flat()) };
      const move = () => void (moved.data.length > 0 && structuredClone(moved.data, { transfer: [moved.data.buffer] }));
      await expectRefusal(() => work(network, { onProgress: move }, moved), "value", "x.data");
      expect(memoryOf(network)).toEqual(memory);
    }));

  test("what hears of the end and refuses it, at once or later: nothing is changed", () =>
    withDead(async (network) => {
      const memory = memoryOf(network);
      const torn = new Error("torn");
      const tear = (share: number) => {
        if (share === 1) throw torn;
      };
      await expect(work(network, { onProgress: tear })).rejects.toBe(torn);
      const tearLater = async (share: number) => tear(share);
      await expect(work(network, { onProgress: tearLater as (share: number) => void })).rejects.toBe(torn);
      slowClock();
      const tearEarly = async () => tear(1);
      await expect(work(network, { onProgress: tearEarly as () => void })).rejects.toBe(torn);
      expect(memoryOf(network)).toEqual(memory);
    }));

  test("options that are none are refused", () =>
    withDead(async (network) => {
      const { addEventListener, removeEventListener } = new EventTarget();
      for (const signal of [
        {},
        null,
        { aborted: false },
        { aborted: false, addEventListener },
        { addEventListener, removeEventListener },
      ])
        await expectRefusal(() => work(network, { signal: signal as unknown as AbortSignal }), "value", "signal");
      await expectRefusal(() => work(network, { onProgress: 3 as never }), "value", "onProgress");
    }));
});

test("without a signal both take what they took, and do the same", () =>
  withDead(async (network) => {
    using other = await network.clone();
    await calibrate(network, x);
    slowClock();
    await calibrate(other, x, { onProgress: () => {} });
    expect(memoryOf(other)).toEqual(memoryOf(network));
  }));
