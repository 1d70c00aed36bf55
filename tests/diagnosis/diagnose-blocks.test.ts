// A diagnosis of rows that come in blocks: what one matrix of all rows gives, however they are cut.
import { afterEach, describe, expect, test, vi } from "vitest";
import { cut } from "../support/blocks.js";
import { expectError } from "../support/errors.js";
import { weightsOf, withNetwork } from "../support/networks.js";
import { seededRandom, normal } from "../support/random.js";
import {
  type Activation,
  createNetwork,
  diagnose,
  type DiagnoseBlocksOptions,
  type Diagnosis,
  type Matrix,
  type Network,
  type NetworkSpec,
  sgd,
} from "../../src/index.js";

const INPUTS = 7;

afterEach(() => void vi.restoreAllMocks());

function specOf(activation: Activation = "relu", biasInitializer = -0.2): NetworkSpec {
  const layers = [40, 25].map((units) => ({ units, activation, biasInitializer }));
  return { inputs: INPUTS, layers: [...layers, { units: 3 }], loss: "meanSquaredError", seed: 5 };
}

function rowsOf(rows: number, seed = 1): Matrix {
  const draw = normal(seededRandom(seed));
  return { rows, columns: INPUTS, data: Float32Array.from({ length: rows * INPUTS }, () => draw()) };
}

/** Closes units in several ways: by their bias, by their weights, hardly, and by rounding alone. */
function closeUnits(network: Network): void {
  const { kernel, bias } = network.layers[0].getWeights();
  const { units } = network.layers[0];
  bias[1] = -30;
  bias[2] = -5.5;
  for (let i = 0; i < INPUTS; i++) {
    kernel[i * units + 3] = 0;
    kernel[i * units + 4] *= 1e-9;
  }
  bias[3] = -1;
  bias[4] = -1; // which the products do not change
  network.layers[0].setWeights({ kernel, bias });
  const second = network.layers[1].getWeights();
  second.kernel.forEach((_, at) => at % 25 === 6 && (second.kernel[at] = -Math.abs(second.kernel[at])));
  second.bias[8] = -20;
  network.layers[1].setWeights(second);
}

const plain = ({ layers, findings, samples }: Diagnosis) => ({ layers, findings, samples });
const kinds = ({ findings }: Diagnosis) => findings.map(({ kind }) => kind);
const verdicts = ({ layers, samples }: Diagnosis) => ({ layers, samples });

describe("units are judged as on a matrix of all rows, to the bit", () => {
  test.each<[number, number[]]>([
    [1, [1]],
    [3, [2]],
    [255, [100, 1]],
    [256, [256]],
    [700, [1]],
    [700, [333, 7, 64]],
    [700, [10_000]],
    [1024, [99]],
  ])("%i rows in blocks of %j", async (rows, sizes) => {
    await withNetwork(specOf(), async (network) => {
      closeUnits(network);
      const x = rowsOf(rows);
      const whole = diagnose(network, x, { proofs: false });
      expect(whole.dead).toBeGreaterThan(4);
      expect(plain(await diagnose(network, cut(x, ...sizes)))).toEqual(plain(whole));
      const source = { rows, blocks: () => cut(x, ...sizes) };
      expect(plain(await diagnose(network, source))).toEqual(plain(whole));
    });
  });

  test.each<Activation>(["relu", "leakyRelu", "sigmoid", "tanh", "gelu", "silu", "prelu", "elu"])(
    "%s, more rows than are kept",
    async (activation) => {
      await withNetwork(specOf(activation), async (network) => {
        closeUnits(network);
        const x = rowsOf(3000);
        const whole = diagnose(network, x, { proofs: false });
        const found = await diagnose(network, cut(x, 511));
        expect(verdicts(found)).toEqual(verdicts(whole));
        expect(kinds(found)).toEqual(kinds(whole));
      });
    },
  );

  test.each([0, 1, 2])("layers up to %i alone", async (upTo) => {
    await withNetwork(specOf(), async (network) => {
      closeUnits(network);
      const x = rowsOf(900);
      expect(plain(await diagnose(network, cut(x, 60), { upTo }))).toEqual(plain(diagnose(network, x, { upTo })));
      await expectError(diagnose(network, cut(x, 60), { upTo: 3 }), "value", "upTo");
    });
  });

  test("mechanisms that rounding hides are looked for beside the pass", async () => {
    await withNetwork(specOf(), async (network) => {
      closeUnits(network);
      const x = rowsOf(3000);
      const units = (await diagnose(network, cut(x, 100))).layers[0].units;
      expect([1, 3, 4].map((unit) => units[unit].mechanism)).toEqual([
        "negativeBias",
        "negativeWeights",
        "negativeBias",
      ]);
      expect(units[1].biasToRevive).toBeGreaterThan(-30);
    });
  });

  test("the box of proofs is the range of all rows", async () => {
    await withNetwork(specOf(), async (network) => {
      closeUnits(network);
      const x = rowsOf(3000);
      x.data[2999 * INPUTS + 2] = 40; // one row far out
      const low = new Float32Array(INPUTS).fill(Infinity);
      const high = new Float32Array(INPUTS).fill(-Infinity);
      x.data.forEach((value, i) => {
        low[i % INPUTS] = Math.min(low[i % INPUTS], value);
        high[i % INPUTS] = Math.max(high[i % INPUTS], value);
      });
      const proofsOf = ({ layers }: Diagnosis) => layers.flatMap(({ units }) => units.map(({ proof }) => proof));
      const own = proofsOf(await diagnose(network, cut(x, 100), { proofs: true }));
      expect(own).toEqual(proofsOf(await diagnose(network, cut(x, 100), { proofs: true, inputBox: { low, high } })));
      expect(own.filter(Boolean).length).toBeGreaterThan(3);
      const narrow = { low, high: high.map((value, i) => (i === 2 ? 39 : value)) };
      await expectError(diagnose(network, cut(x, 100), { inputBox: narrow }), "value", "x");
    });
  });

  test("columns are judged by all rows", async () => {
    await withNetwork(specOf(), async (network) => {
      const x = rowsOf(3000);
      for (let row = 0; row < x.rows; row++) {
        x.data[row * INPUTS + 1] = 0;
        x.data[row * INPUTS + 4] = x.data[row * INPUTS + 2];
        x.data[row * INPUTS + 5] += 50;
      }
      const found = await diagnose(network, cut(x, 100));
      expect(kinds(found)).toEqual(kinds(diagnose(network, x)));
      expect(kinds(found)).toEqual(expect.arrayContaining(["constantInputs", "duplicateInputs", "uncenteredInputs"]));
      x.data[2500 * INPUTS + 1] = 1e-3; // most likely not in the sample
      expect(kinds(await diagnose(network, cut(x, 100)))).not.toContain("constantInputs");
    });
  });

  test("columns and units that hardly ever change are not taken for the same; twins are", async () => {
    await withNetwork(specOf("relu", 0), async (network) => {
      const x = rowsOf(20_000);
      for (let row = 0; row < x.rows; row++)
        for (const column of [1, 2]) x.data[row * INPUTS + column] = row === 7000 + column ? 1 : 0;
      const { kernel, bias } = network.layers[0].getWeights();
      const { units } = network.layers[0];
      const sees = (unit: number, column: number) => {
        for (let i = 0; i < INPUTS; i++) kernel[i * units + unit] = i === column ? 2 : 0;
        bias[unit] = -1;
      };
      sees(10, 1);
      sees(11, 2);
      network.layers[0].setWeights({ kernel, bias });
      const suspects = ["duplicateInputs", "constantTogether"];
      const found = async () => kinds(await diagnose(network, cut(x, 999))).filter((kind) => suspects.includes(kind));
      expect(await found()).toEqual([]);
      sees(12, 3);
      sees(13, 3);
      network.layers[0].setWeights({ kernel, bias });
      for (let row = 0; row < x.rows; row++) x.data[row * INPUTS + 5] = x.data[row * INPUTS + 4];
      expect((await found()).toSorted()).toEqual(suspects.toSorted());
    });
  });

  test("threads, and preactivations that overflow", async () => {
    const network = await createNetwork(specOf(), { threads: 2 });
    try {
      const x = rowsOf(1500);
      expect(verdicts(await diagnose(network, cut(x, 77)))).toEqual(verdicts(diagnose(network, x, { proofs: false })));
      const { kernel } = network.layers[1].getWeights();

      network.layers[1].setWeights({ kernel: kernel.fill(3e38, 40, 60) });
      expect(verdicts(await diagnose(network, cut(x, 77)))).toEqual(verdicts(diagnose(network, x, { proofs: false })));
    } finally {
      network.dispose();
    }
  });
});

describe("the way there", () => {
  test("progress grows to 1, the event loop turns, and the network stays as it is", async () => {
    await withNetwork(specOf(), async (network) => {
      const before = weightsOf(network);
      const x = rowsOf(50_000);
      const heard: number[] = [];
      let now = 0;
      vi.spyOn(performance, "now").mockImplementation(() => (now += 20)); // it is always time for a turn
      const { port1, port2 } = new MessageChannel();
      let turns = 0;
      port1.onmessage = () => {
        turns++;
        port2.postMessage(0);
      };
      port2.postMessage(0);
      await diagnose(
        network,
        { rows: x.rows, blocks: () => cut(x, 1000) },
        { onProgress: (share) => heard.push(share) },
      );
      port1.close();
      expect(turns).toBeGreaterThan(2);
      expect(heard.length).toBeGreaterThan(2);
      expect(heard).toEqual(heard.toSorted((a, b) => a - b));
      expect(heard.at(-1)).toBe(1);
      expect(weightsOf(network)).toEqual(before);
    });
  });

  test("proofs turn the event loop, and end with the signal", async () => {
    await withNetwork(specOf("relu", -1.2), async (network) => {
      let now = 0;
      vi.spyOn(performance, "now").mockImplementation(() => (now += 20)); // it is always time for a turn
      const source = { rows: 300, blocks: () => cut(rowsOf(300), 50) };
      const sharesOf = async (options: DiagnoseBlocksOptions, endsAt = Infinity) => {
        const shares: number[] = [];
        const abort = new AbortController();
        const onProgress = (share: number) => void (shares.push(share) === endsAt && abort.abort());
        const ending = diagnose(network, source, { ...options, signal: abort.signal, onProgress });
        if (endsAt < Infinity) await expectError(ending, "value", "signal");
        else await ending;
        return shares;
      };
      const [plainly, proving] = [await sharesOf({}), await sharesOf({ proofs: true })];
      expect(proving.length).toBeGreaterThan(plainly.length + 3);
      expect(proving).toEqual(proving.toSorted((a, b) => a - b));
      expect(await sharesOf({ proofs: true }, proving.length - 2)).toHaveLength(proving.length - 2);
    });
  });

  test("endless blocks without rows end with the signal, and the iterator is closed", async () => {
    await withNetwork(specOf(), async (network) => {
      let closed = false;
      const endless = async function* () {
        try {
          for (;;) {
            yield [];
            await Promise.resolve();
          }
        } finally {
          closed = true;
        }
      };
      const controller = new AbortController();
      setTimeout(() => controller.abort(), 20);
      await expectError(diagnose(network, endless(), { signal: controller.signal }), "value", "signal");
      expect(closed).toBe(true);
      const aborted = AbortSignal.abort();
      await expectError(diagnose(network, cut(rowsOf(10), 3), { signal: aborted }), "value", "signal");
    });
  });

  test("a network that is changed, trained or disposed of meanwhile is refused", async () => {
    const whileRead = async (change: (network: Network) => unknown, code: "value" | "disposed") => {
      const network = await createNetwork(specOf());
      let isClosed = false;
      const blocks = async function* () {
        try {
          yield rowsOf(300);
          await change(network);
          yield rowsOf(300);
        } finally {
          isClosed = true;
        }
      };
      await expectError(diagnose(network, blocks()), code, "network");
      expect(isClosed).toBe(true);
      if (code === "value") network.dispose();
    };
    const data = { x: rowsOf(20), y: Array.from({ length: 20 }, () => [0, 0, 1]) };
    await whileRead((network) => network.layers[0].setWeights({ bias: new Float32Array(40) }), "value");
    await whileRead((network) => network.fit(data, { epochs: 1, optimizer: sgd({ learningRate: 0.1 }) }), "value");
    await whileRead((network) => network.dispose(), "disposed");
  });

  test("what needs rows beside them, or is not known, is refused; so are blocks of another width", async () => {
    await withNetwork(specOf(), async (network) => {
      const options = { targets: [[1, 2, 3]] } as object;
      await expectError(diagnose(network, cut(rowsOf(1), 1), options), "value", "diagnose.targets");
      await expectError(diagnose(network, cut(rowsOf(1), 1), { rareBelow: 2 }), "value", "rareBelow");
      await expectError(diagnose(network, { blocks: () => [[[1, 2]]] }), "shape", "x.blocks[0]");
      await expectError(() => diagnose(network, rowsOf(1), { signal: AbortSignal.abort() } as object), "value");
    });
  });
});
