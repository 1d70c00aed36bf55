// Deaths of units that training sees otherwise than evaluation, by dropout below or by batches' statistics: against
// what evaluation made of every row after every update.
import { describe, expect, test } from "vitest";
import { withNetwork } from "../support/networks.js";
import { randomRows, seededRandom } from "../support/random.js";
import { sectors } from "../support/samples.js";
import {
  adam,
  createNetwork,
  type Death,
  type DeathTrace,
  type DenseSpec,
  diagnose,
  exportNetwork,
  type FitOptions,
  importNetwork,
  type Network,
  type NetworkSpec,
  sgd,
  traceDeaths,
} from "../../src/index.js";
import { isEvaluatedOtherwise } from "../../src/diagnosis/trace/find-closing.js";
import { withInspectorAsync } from "../../src/inspect/inspector.js";
import { stateOf } from "../../src/network/state/state.js";
import { resolveSpec } from "../../src/network/spec.js";

const { x, y } = sectors(120);
const rows = { rows: x.length, columns: 2, data: Float32Array.from(x.flat()) };

const specOf = (hidden: readonly DenseSpec[], seed = 1): NetworkSpec => ({
  inputs: 2,
  layers: [...hidden, { units: 3 }],
  loss: "crossEntropy",
  seed,
});
const dropped = (dropout: number): DenseSpec[] => [{ units: 12, dropout }, { units: 12, dropout }, { units: 12 }];
const normalized: DenseSpec[] = [
  { units: 12, normalization: "batch" },
  { units: 12, normalization: "batch" },
];

interface Followed {
  readonly trace: DeathTrace;
  /** By updates made, layer and unit: on how many rows it is open in evaluation. */
  readonly open: number[][][];
  /** By layer and unit, the last update whose batch opened it. */
  readonly fired: number[][];
  readonly network: Network;
}

/** Trains with a trace, and looks at all units after each update. */
async function follow(
  spec: NetworkSpec,
  options: FitOptions,
  use: (followed: Followed) => void,
  trace = traceDeaths(),
) {
  await withNetwork(spec, (network) =>
    withInspectorAsync(stateOf(network), async (inspector) => {
      const open: number[][][] = [];
      const fired = network.layers.map(({ units }) => Array<number>(units).fill(0));
      const look = () => open.push(inspector.statistics(rows).map((units) => units.map((unit) => unit.fired)));
      const note = () => {
        const { buffers } = stateOf(network);
        fired.forEach((units, layer) =>
          stateOf(network)
            .floats(buffers.counters(layer), units.length)
            .forEach((count, unit) => count > 0 && (units[unit] = open.length)),
        );
        look();
      };
      look();
      await network.fit({ x, y }, { ...options, callbacks: [{ onBatchEnd: note }, trace] });
      use({ trace, open, fired, network });
    }),
  );
}

/** What is wrong with what is told of a death of a unit that training sees otherwise. */
function wrongOf({ layer, unit, step, closedBy, cause, lastStraw }: Death, { open }: Pick<Followed, "open">): string[] {
  const name = `unit ${unit} of layer ${layer}`;
  const after = open.slice(closedBy ?? step).map((at) => at[layer]![unit]!);
  const isClosed = after.every((count) => count === 0);
  if (cause === "born") return open.every((at) => at[layer]![unit] === 0) ? [] : [`${name} is called born dead`];
  if (lastStraw.openBefore === undefined) return [];
  return [
    ...(open[step - 1]![layer]![unit]! > 0 ? [] : [`${name} was closed before step ${step}`]),
    ...(isClosed ? [] : [`${name} opens after step ${step}`]),
    ...(lastStraw.openBefore > 0 ? [] : [`${name}: the last straw took nothing`]),
  ];
}

const otherwise = ({ spec }: Network, { layer }: { readonly layer: number }) =>
  isEvaluatedOtherwise(resolveSpec(spec), layer);

const SETTINGS: [string, DenseSpec[], FitOptions][] = [
  ["dropout 0.5", dropped(0.5), { epochs: 30, batchSize: 8, optimizer: adam({ learningRate: 0.03 }) }],
  ["dropout 0.9", dropped(0.9), { epochs: 30, batchSize: 8, optimizer: adam({ learningRate: 0.01 }) }],
  ["dropout 0.9, plain steps", dropped(0.9), { epochs: 30, batchSize: 8, optimizer: sgd({ learningRate: 0.1 }) }],
  ["batches of two", normalized, { epochs: 8, batchSize: 2, optimizer: sgd({ learningRate: 0.1 }) }],
];

describe.each(SETTINGS)("%s", (name, hidden, options) => {
  test("those that evaluation closes are told, each by the update that did it", async () => {
    let known = 0,
      openedLater = 0,
      all = 0;
    for (const seed of [1, 2, 3])
      await follow(
        specOf(hidden, seed),
        options,
        (followed) => {
          const { trace, fired, network } = followed;
          const dead = diagnose(network, x).layers.flatMap(({ units }) =>
            units.filter(({ state }) => state === "dead"),
          );
          const placesOf = (units: readonly { layer: number; unit: number }[]) =>
            units.map(({ layer, unit }) => `${layer} ${unit}`).sort();
          expect(placesOf(trace.deaths)).toEqual(placesOf(dead));
          const own = trace.deaths.filter((death) => otherwise(network, death));
          all += own.length;
          known += own.filter(({ lastStraw }) => lastStraw.openBefore !== undefined).length;
          openedLater += own.filter(({ layer, unit, step }) => fired[layer]![unit]! > step).length;
          expect(own.flatMap((death) => wrongOf(death, followed))).toEqual([]);
        },
        traceDeaths({ explain: Infinity }),
      );
    expect(all).toBeGreaterThan(3);
    expect(known).toBeGreaterThan(0.5 * all);
    // what batches tell is something else
    if (name !== "batches of two") expect(openedLater).toBeGreaterThan(0);
  });
});

describe("healthy twins of ten seeds", () => {
  const wide = randomRows(seededRandom(3), 300, 16);
  const data = { x: wide, y: wide.map((row) => Number(row[0]! + row[1]! > 0) + Number(row[2]! * row[3]! > 0)) };
  test.each<[string, DenseSpec[], FitOptions]>([
    [
      "dropout 0.5",
      [
        { units: 32, dropout: 0.5 },
        { units: 32, dropout: 0.5 },
      ],
      { epochs: 8, batchSize: 20, optimizer: adam({ learningRate: 0.002 }) },
    ],
    [
      "dropout 0.9",
      [{ units: 64, dropout: 0.9 }, { units: 16 }],
      { epochs: 8, batchSize: 20, optimizer: adam({ learningRate: 0.002 }) },
    ],
    [
      "batches of four",
      [
        { units: 16, normalization: "batch" },
        { units: 16, normalization: "batch" },
      ],
      { epochs: 4, batchSize: 4, optimizer: adam({ learningRate: 0.002 }) },
    ],
  ])("%s: no death is told of what evaluation opens", async (_name, hidden, options) => {
    let open = 0;
    for (let seed = 1; seed <= 10; seed++)
      await withNetwork({ ...specOf(hidden, seed), inputs: 16 }, async (network) => {
        const trace = traceDeaths({ window: 20 });
        await network.fit(data, { ...options, callbacks: [trace] });
        const { dead } = diagnose(network, data.x);
        expect(trace.deaths).toHaveLength(dead);
        open += Number(dead === 0);
      });
    expect(open).toBeGreaterThan(7);
  });
});

test("units that are really killed are told, with what did it", async () => {
  const options = { epochs: 10, batchSize: 8, optimizer: sgd({ learningRate: 3 }) };
  await follow(specOf(dropped(0.5)), options, ({ trace, network }) => {
    const own = trace.deaths.filter((death) => otherwise(network, death));
    expect(own.length).toBeGreaterThan(12);
    expect(own.filter(({ cause }) => cause === "unknown").length).toBeLessThan(0.3 * own.length);
  });
});

test("a beta far below 0 is told from the start, where batches never open it", () =>
  withNetwork(
    specOf([
      { units: 12, dropout: 0.5 },
      { units: 12, normalization: "batch" },
    ]),
    async (network) => {
      network.layers[1]!.setWeights({ beta: Float32Array.from({ length: 12 }, (_, unit) => (unit === 4 ? -30 : 0)) });
      const trace = traceDeaths();
      await network.fit({ x, y }, { epochs: 8, optimizer: adam(), callbacks: [trace] });
      const death = trace.deaths.find(({ layer, unit }) => layer === 1 && unit === 4);
      expect(death).toMatchObject({ cause: "born", step: 0 });
    },
  ));

test("without a replay no unit is called born dead for batches that dropout silenced", () =>
  withNetwork(specOf([{ units: 12, dropout: 0.9 }, { units: 12 }]), async (network) => {
    const trace = traceDeaths({ replay: false });
    network.layers[1]!.setWeights({ bias: new Float32Array(12).fill(-99) });
    await network.fit({ x, y }, { epochs: 8, optimizer: adam(), callbacks: [trace] });
    const own = trace.deaths.filter(({ layer }) => layer === 1);
    expect(own).toHaveLength(12);
    expect(own.map(({ cause }) => cause)).toEqual(Array(12).fill("unknown"));
  }));

test("a fit that was stopped and stored goes on to the same deaths", async () => {
  const spec = specOf(dropped(0.9), 2);
  const options = { epochs: 24, batchSize: 8, optimizer: adam({ learningRate: 0.01 }) };
  const whole = traceDeaths();
  using network = await createNetwork(spec);
  await network.fit({ x, y }, { ...options, callbacks: [whole, {}] });
  using first = await createNetwork(spec);
  const stop = {
    onEpochEnd: ({ epoch }: { epoch: number }, { stop: end }: { stop(): void }) => (epoch === 17 ? end() : undefined),
  };
  await first.fit({ x, y }, { ...options, callbacks: [traceDeaths(), stop] });
  const bytes = await exportNetwork(first, "safetensors", { training: true });
  using again = await importNetwork(bytes);
  const rest = traceDeaths();
  await again.fit({ x, y }, { ...options, callbacks: [rest, {}], resume: true });
  expect(whole.deaths.length).toBeGreaterThan(0);
  expect(rest.deaths).toEqual(whole.deaths);
});
