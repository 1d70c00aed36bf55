// Files with a training in them that are not to be believed: each is refused with code "format", or does what a true
// one does; none does anything else.
import fc from "../support/property.js";
import { beforeAll, describe, expect, it } from "vitest";
import {
  adam,
  continualBackprop,
  createNetwork,
  earlyStopping,
  exportNetwork,
  type FitOptions,
  importNetwork,
  preventDeaths,
  recordActivity,
  recycleDormant,
  selfNormalizedResets,
  RelumineError,
  traceDeaths,
} from "../../src/index.js";
import { CHECKSUM_NAME, readModelHeader } from "../../src/formats/model-header.js";
import { readTensors, type Tensor, writeSafetensors } from "../../src/formats/safetensors.js";
import type { StoredArray } from "../../src/core/stored-values.js";
import { expectError, relumineError } from "../support/errors.js";
import { sectors } from "../support/samples.js";

const DATA = sectors(40);
const options = (): FitOptions => ({
  epochs: 4,
  batchSize: 8,
  validation: 0.2,
  optimizer: adam({ learningRate: 0.1 }),
  callbacks: [
    recycleDormant({ everySteps: 5, dormantBelow: 0.3 }),
    continualBackprop({ replacementRate: 0.02, maturity: 3 }),
    preventDeaths(),
    traceDeaths({ window: 6 }),
    recordActivity(DATA.x, { samples: 10 }),
    earlyStopping({ patience: 9, restoreBest: true }),
    selfNormalizedResets({ threshold: 0.2 }),
  ],
});

type Json = Record<string, unknown>;
let bytes: Uint8Array;

beforeAll(async () => {
  const network = await createNetwork({
    inputs: 2,
    layers: [{ units: 6 }, { units: 5 }, { units: 3 }],
    loss: "crossEntropy",
  });
  const store = async () => {
    bytes = await exportNetwork(network, "safetensors", { training: true });
  };
  let step = 0;
  await network.fit(DATA, {
    ...options(),
    callbacks: [...options().callbacks!, { onBatchEnd: () => (++step === 10 ? store() : undefined) }],
  });
});

/** The file's tensors, and the JSON among them; without its checksum, as those of before it were. */
function open(): { metadata: Record<string, string>; tensors: Map<string, Tensor>; tree: Json } {
  const header = readModelHeader(bytes);
  const tensors = new Map(
    [...readTensors(header)].map(([name, tensor]): [string, Tensor] => [
      name,
      { shape: tensor.shape, data: tensor.read() },
    ]),
  );
  const tree = JSON.parse(new TextDecoder().decode(tensors.get("training")!.data as Uint8Array)) as Json;
  const { [CHECKSUM_NAME]: _, ...metadata } = Object.fromEntries(header.metadata);
  return { metadata, tensors, tree };
}

function close({ metadata, tensors, tree }: ReturnType<typeof open>, text = JSON.stringify(tree)): Uint8Array {
  const data = new TextEncoder().encode(text);
  return writeSafetensors(new Map([...tensors, ["training", { shape: [data.length], data }]]), metadata);
}

/** The member at a path such as "fit.plan.batchSize": its holder and its name. */
function at(tree: Json, path: string): [Json, string] {
  const names = path.split(".");
  return [names.slice(0, -1).reduce((holder, name) => holder[name] as Json, tree), names.at(-1)!];
}

function withMember(path: string, value: unknown): Uint8Array {
  const file = open();
  const [holder, name] = at(file.tree, path);
  expect(holder, path).toHaveProperty(name);
  if (value === undefined) delete holder[name];
  else holder[name] = value;
  return close(file);
}

/** Imports it and goes on with it; every refusal but one of the training is a failure. */
async function tryOut(file: Uint8Array): Promise<"refused" | "went on"> {
  try {
    const network = await importNetwork(file);
    await network.fit(DATA, { ...options(), resume: true });
    network.dispose();
    return "went on";
  } catch (error) {
    if (error instanceof RelumineError) return "refused";
    throw error;
  }
}

describe("a training in a file", () => {
  it("goes on as it is", async () => {
    expect(await tryOut(bytes)).toBe("went on");
    expect(await tryOut(close(open()))).toBe("went on");
  });

  it.each<[string, unknown]>([
    ["epochsBegun", 7],
    ["epochsBegun", -1],
    ["redraws", 0.5],
    ["moments", undefined],
    ["moments", null],
    ["moments.optimizer.name", "adamm"],
    ["moments.optimizer.options", { learningRate: -1 }],
    ["moments.optimizer.options", 3],
    ["moments.beta1", 2],
    ["moments.slots", []],
    ["moments.slots", [{ $: 0 }]],
    ["fit.plan.batchSize", 0],
    ["fit.plan.trainingRows", 40],
    ["fit.plan.clipNorm", -1],
    ["fit.plan.callbacks", "[]"],
    ["fit.plan.callbacks", "no JSON"],
    ["fit.plan.callbacks", '[{"name":"eval","options":{}}]'],
    ["fit.epoch", 2],
    ["fit.epoch", 1e15],
    ["fit.step", 11],
    ["fit.step", 1e15],
    ["fit.nextRow", 17],
    ["fit.nextRow", 1e9],
    ["fit.rate", "0.1"],
    ["fit.loss", null],
    ["fit.sums", [0, 0]],
    ["fit.sums", { $: { toString: 0 } }],
    ["fit.sums", { $: null }],
    ["fit.fired", []],
    ["fit.logs.rows", { $: 99 }],
    ["fit.logs", {}],
    ["fit.told", -1],
    ["fit.isStopped", 1],
    ["fit.callbacks", []],
    ["fit.callbacks.0", null],
    ["fit.callbacks.0.magnitudes", []],
    ["fit.callbacks.0.pending", [{ layer: 9, unit: 0 }]],
    ["fit.callbacks.0.pending", [{ layer: 0, unit: 6 }]],
    ["fit.callbacks.1.growing", [{ layer: 2, until: 3 }]],
    ["fit.callbacks.1.layers", "all"],
    ["fit.callbacks.2.copies", []],
    ["fit.callbacks.2.layers.0.layer", 1],
    ["fit.callbacks.3.snapshots", undefined],
    ["fit.callbacks.3.snapshots.kept", []],
    ["fit.callbacks.3.snapshots.kept.0.step", 1e12],
    ["fit.callbacks.3.firings", null],
    ["fit.callbacks.3.deaths", [{ layer: 0, unit: 0 }]],
    ["fit.callbacks.3.isDead", null],
    ["fit.callbacks.3.shares", undefined],
    ["fit.callbacks.3.shares.fired", null],
    ["fit.callbacks.3.shares.blocks", []],
    ["fit.callbacks.4.epochs", { length: 1e12 }],
    ["fit.callbacks.5.epochsSince", -1],
    ["fit.callbacks.6.resets", [{ layer: 0, unit: 0 }]],
    ["fit.callbacks.6.pending", [{ layer: 2, unit: 0, step: 1, silence: 9, quantile: 8 }]],
    ["fit.callbacks.6.layers", []],
    ["fit.callbacks.6.layers.0.silence", { $: 0 }],
    ["fit.callbacks.6.layers.1.histogram", null],
  ])("is refused with another %s: %j", async (path, value) => {
    await expectError(importNetwork(withMember(path, value)), "format", /^the file's training/);
  });

  it("is refused with a member more, in every object", async () => {
    const paths = [
      "",
      "moments.",
      "fit.",
      "fit.plan.",
      "fit.logs.",
      "fit.callbacks.0.",
      "fit.callbacks.3.",
      "fit.callbacks.3.snapshots.",
    ];
    for (const path of paths) {
      const file = open();
      const [holder] = at(file.tree, `${path}more`);
      holder.more = 1;
      await expectError(importNetwork(close(file)), "format", /more$/);
    }
  });

  it("is refused where a tensor is missing, too short, of another kind, or refers to none", async () => {
    const { tensors } = open();
    for (const name of [...tensors.keys()].filter((each) => each.startsWith("training."))) {
      const file = open();
      const { data } = file.tensors.get(name)!;
      const put = (other: StoredArray) => file.tensors.set(name, { shape: [other.length], data: other });
      put(data.slice(1));
      await expectError(importNetwork(close(file)), "format");
      put(data instanceof Uint8Array ? new Float32Array(data) : new Uint8Array(data.length));
      await expectError(importNetwork(close(file)), "format");
      file.tensors.delete(name);
      await expectError(importNetwork(close(file)), "format", "the file's training");
      file.tensors.set(`${name}0000`, { shape: [1], data: new Uint8Array(1) });
      await expectError(importNetwork(close(file)), "format");
    }
  });

  it("is refused when it is no JSON, too deep, or has a member twice", async () => {
    const file = open();
    const text = JSON.stringify(file.tree);
    for (const other of [
      "",
      "{",
      "[]",
      "null",
      "3",
      text.slice(0, -1),
      text.replace("{", '{"redraws":0,'),
      `{"fit":${"[".repeat(1e5)}`,
    ])
      await expectError(importNetwork(close(file, other)), "format", /^the file's training/);
    file.tensors.set("training", { shape: [1], data: new Uint8Array([0xff]) });
    await expectError(importNetwork(writeSafetensors(file.tensors, file.metadata)), "format", "the file's training");
  });

  it("brings no words of the file's into what is told of a death", async () => {
    const file = open();
    const trace = (file.tree.fit as { callbacks: { deaths: Json[] }[] }).callbacks[3];
    trace.deaths.forEach((death) => (death.explanation = "\u001b[31mmine"));
    const network = await importNetwork(close(file));
    const callbacks = options().callbacks!;
    await network.fit(DATA, { ...options(), callbacks, resume: true });
    for (const { explanation } of (callbacks[3] as ReturnType<typeof traceDeaths>).deaths)
      expect(explanation).not.toContain("mine");
  });

  it("is refused when a bit is another than it was, in the weights and moments too", async () => {
    const { body } = readModelHeader(bytes);
    const headerBytes = bytes.length - body.length;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(8 * body.length - 1), { minLength: 1, maxLength: 3 }), async (bits) => {
        const file = bytes.slice();
        for (const bit of new Set(bits)) file[headerBytes + (bit >> 3)] ^= 1 << (bit & 7);
        await expectError(importNetwork(file), "format");
      }),
      { numRuns: 200 },
    );
  });

  it.each([1, 2, 4, 7])("is as good in memory that begins at byte %d", async (offset) => {
    const shifted = new Uint8Array(bytes.length + offset).subarray(offset);
    shifted.set(bytes);
    const again = async (file: Uint8Array) =>
      exportNetwork(await importNetwork(file), "safetensors", { training: true });
    expect(await again(shifted)).toEqual(await again(bytes));
    shifted[shifted.length - 1] ^= 1;
    await expectError(importNetwork(shifted), "format");
  });

  it("is refused when a word beside it is another", async () => {
    const header = new TextDecoder().decode(bytes.subarray(0, bytes.length - readModelHeader(bytes).body.length));
    for (const [from, to] of [
      ["crossEntropy", "crossEntropx"],
      ['\\"seed\\":0', '\\"seed\\":1'],
      ['"relumine":"2"', '"relumine":"1"'],
    ]) {
      const place = header.indexOf(from);
      expect(place, from).toBeGreaterThan(0);
      const file = bytes.slice();
      file.set(new TextEncoder().encode(to), place);
      await expectError(importNetwork(file), "format");
    }
  });

  it("whatever is cut off or changed in the bytes of a file without a checksum", async () => {
    const older = close(open());
    await fc.assert(
      fc.asyncProperty(
        fc.nat(older.length - 1),
        fc.integer({ min: 1, max: 255 }),
        fc.boolean(),
        async (place, change, isCut) => {
          const file = isCut ? older.slice(0, place) : older.map((byte, i) => (i === place ? byte ^ change : byte));
          const result = await tryOut(file);
          if (isCut) expect(result).toBe("refused");
        },
      ),
      { numRuns: 300 },
    );
  });

  it("whatever value stands for another in the JSON", async () => {
    const paths: string[] = [];
    const visit = (value: unknown, path: string): void => {
      if (path !== "") paths.push(path.slice(1));
      if (typeof value === "object" && value !== null)
        for (const [name, each] of Object.entries(value)) visit(each, `${path}.${name}`);
    };
    visit(open().tree, "");
    const anyValue = fc.oneof(
      fc.constantFrom<unknown>(
        null,
        true,
        0,
        -1,
        1,
        2,
        5,
        1e9,
        2 ** 53,
        1e300,
        "",
        "fast",
        [],
        {},
        { $: "NaN" },
        { $: "Infinity" },
        { $: 0 },
        { $: 3 },
      ),
      fc.jsonValue(),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), anyValue, async (path, value) => {
        await tryOut(withMember(path, value));
      }),
      { numRuns: 600 },
    );
  });

  it("leaves the network out of it: what is refused made none", async () => {
    await expect(importNetwork(withMember("fit.step", 11))).rejects.toEqual(relumineError("format"));
  });
});
