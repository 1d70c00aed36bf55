// Networks to files and back, and files that nobody should believe.
import { describe, expect, it } from "vitest";
import {
  type Activation,
  adam,
  createNetwork,
  exportNetwork,
  importNetwork,
  type Loss,
  type Network,
  type NetworkSpec,
  readMetadata,
  RelumineError,
} from "../../src/index.js";
import { LOSS_NAMES } from "../../src/network/losses.js";
import { ACTIVATION_NAMES } from "../../src/activations/activations.js";
import { expectRefusal } from "../support/errors.js";
import { withNetwork } from "../support/networks.js";
import { integer, seededRandom } from "../support/random.js";
import { sectors } from "../support/samples.js";
import fc from "../support/property.js";

const spec: NetworkSpec = {
  inputs: 2,
  layers: [{ units: 3, activation: "prelu", biasInitializer: 0.5 }, { units: 2 }],
  loss: "crossEntropy",
  seed: 9,
};

const METADATA = "__metadata__";
type Json = Record<string, unknown>;

/** The file's parts, read independently of the package. */
function split(bytes: Uint8Array): { header: Json; body: Uint8Array } {
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return {
    header: JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length))) as Json,
    body: bytes.slice(8 + length),
  };
}

function join(header: Json | string | Uint8Array, body: Uint8Array, length?: bigint): Uint8Array {
  const json =
    header instanceof Uint8Array
      ? header
      : new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + json.length + body.length);
  new DataView(bytes.buffer).setBigUint64(0, length ?? BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(body, 8 + json.length);
  return bytes;
}

const exported = (given: NetworkSpec = spec, metadata?: Record<string, string>): Promise<Uint8Array> =>
  withNetwork(given, (network) => exportNetwork(network, "safetensors", { metadata }));

/** The valid file with its header changed. */
async function tampered(change: (header: Json) => Json | string | undefined): Promise<Uint8Array> {
  const { header, body } = split(await exported());
  return join(change(header) ?? header, body);
}

const tensor = (header: Json, name: string): Json => header[name] as Json;
const storedSpec = (header: Json): Json => JSON.parse((header[METADATA] as Record<string, string>).spec) as Json;
function setSpec(header: Json, change: (stored: Json) => unknown): void {
  const stored = storedSpec(header);
  const changed = change(stored);
  (header[METADATA] as Json).spec = typeof changed === "string" ? changed : JSON.stringify(changed ?? stored);
}

/** The weights' bits. */
function bits(network: Network): Uint32Array[] {
  return network.layers
    .flatMap((layer) => Object.values(layer.getWeights() as Required<ReturnType<typeof layer.getWeights>>))
    .map((data) => new Uint32Array(data.buffer, data.byteOffset, data.length));
}

async function expectSameAgain(network: Network): Promise<void> {
  const again = await importNetwork(await exportNetwork(network, "safetensors"));
  expect(again.spec).toEqual(network.spec);
  expect(bits(again)).toEqual(bits(network));
  again.dispose();
}

describe("the file", () => {
  it("is safetensors: little-endian length, JSON padded to eight bytes, tensors without a gap", async () => {
    const bytes = await exported(spec, { note: "ü \ud800 \u0000" });
    const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
    expect(length % 8).toBe(0);
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, 8 + length));
    expect(text).toMatch(/^\{.*\} *$/);
    const { header, body } = split(bytes);
    expect(header).toMatchObject({
      "layers.0.kernel": { dtype: "F32", shape: [2, 3], data_offsets: [0, 24] },
      "layers.0.bias": { dtype: "F32", shape: [3], data_offsets: [24, 36] },
      "layers.0.alpha": { dtype: "F32", shape: [3], data_offsets: [36, 48] },
      "layers.1.kernel": { dtype: "F32", shape: [3, 2], data_offsets: [48, 72] },
      "layers.1.bias": { dtype: "F32", shape: [2], data_offsets: [72, 80] },
    });
    expect(Object.keys(header)).toHaveLength(6);
    expect(body).toHaveLength(80);
    expect(header[METADATA]).toMatchObject({ relumine: "1", note: "ü \ud800 \u0000" });
    await withNetwork(spec, ({ layers, spec: resolved }) => {
      expect(storedSpec(header)).toEqual(resolved);
      const view = new DataView(body.buffer);
      expect(Array.from({ length: 6 }, (_, i) => view.getFloat32(4 * i, true))).toEqual([
        ...layers[0].getWeights().kernel,
      ]);
      expect([24, 36].map((at) => view.getFloat32(at, true))).toEqual([0.5, 0.25]);
    });
  });

  it("keeps every bit: -0, subnormal numbers, the largest", async () => {
    await withNetwork(spec, async (network) => {
      network.layers[0].setWeights({
        kernel: new Float32Array([-0, 0, 1e-45, -1e-45, 3.4028234663852886e38, -3.4028234663852886e38]),
        alpha: new Float32Array([-0, 2, -3]),
      });
      await expectSameAgain(network);
    });
  });

  it("is the same again after a round trip, and holds what training learnt", async () => {
    await withNetwork({ ...spec, layers: [{ units: 8 }, { units: 3 }] }, async (network) => {
      const data = sectors(60);
      await network.fit(data, { epochs: 2, optimizer: adam() });
      const bytes = await exportNetwork(network, "safetensors", { metadata: { a: "1" } });
      const again = await importNetwork(bytes, { arithmetic: "reproducible" });
      expect(await exportNetwork(again, "safetensors", { metadata: { a: "1" } })).toEqual(bytes);
      expect(again.evaluate(data).loss).toBeCloseTo(network.evaluate(data).loss, 6);
      expect(again.runtime.simd).toBe("strict");
      again.dispose();
    });
  });

  it("is read at any offset of a larger buffer, and gives its words back", async () => {
    const bytes = await exported(spec, { table: "{}", constructor: "x" });
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    (await importNetwork(shifted.subarray(3))).dispose();
    expect(readMetadata(shifted.subarray(3))).toEqual({ table: "{}", constructor: "x" });
    expect(readMetadata(await exported())).toEqual({});
  });

  it("is read from a Uint8Array whose slice is a view, as that of Node's Buffer is", async () => {
    class Shared extends Uint8Array<ArrayBuffer> {
      override slice(start?: number, end?: number): Uint8Array<ArrayBuffer> {
        return this.subarray(start, end);
      }
    }
    const network = await importNetwork(Shared.from(await exported()));
    await withNetwork(spec, (original) => expect(bits(network)).toEqual(bits(original)));
    network.dispose();
  });

  it("takes another loss for the stored one", async () => {
    const network = await importNetwork(await exported(), { loss: "meanSquaredError" });
    expect(network.spec).toMatchObject({ loss: "meanSquaredError", seed: 9, inputs: 2 });
    network.dispose();
    await expectRefusal(async () => importNetwork(await exported(), { loss: "meanSquared" as Loss }), "value", "loss");
  });

  it("reads tensors in any order, and a header without padding", async () => {
    const { header, body } = split(await exported());
    const turned = Object.fromEntries(Object.entries(header).reverse());
    const network = await importNetwork(join(turned, body));
    await withNetwork(spec, (original) => expect(bits(network)).toEqual(bits(original)));
    network.dispose();
  });

  const activations: fc.Arbitrary<Activation> = fc
    .constantFrom(...ACTIVATION_NAMES)
    .chain((name): fc.Arbitrary<Activation> =>
      ["leakyRelu", "prelu", "elu"].includes(name)
        ? fc.record({ name: fc.constant(name), alpha: fc.float({ min: 0, max: 3, noNaN: true }) })
        : fc.constant(name),
    );
  const layers = fc.array(
    fc.record({
      units: fc.integer({ min: 1, max: 9 }),
      activation: activations,
      biasInitializer: fc.float({ noNaN: true, noDefaultInfinity: true }),
    }),
    { minLength: 1, maxLength: 4 },
  );
  const specs = fc.record({
    inputs: fc.integer({ min: 1, max: 7 }),
    layers,
    loss: fc.constantFrom(...LOSS_NAMES),
    seed: fc.maxSafeNat(),
  });
  it("gives back any network", () =>
    fc.assert(
      fc.asyncProperty(specs, (given) => withNetwork(given, expectSameAgain)),
      { numRuns: 150 },
    ));
});

describe("what cannot be written or read", () => {
  it("says which formats there are", async () => {
    await withNetwork(spec, async (network) => {
      await expectRefusal(() => exportNetwork(network, "onnx"), "unsupported", "format", '"onnx"');
      await expectRefusal(() => exportNetwork(network, "tfjs"), "unsupported", "format", '"tfjs"');
      await expectRefusal(() => exportNetwork(network, "safetensor" as "onnx"), "value", "format", '"safetensors"');
      await expectRefusal(() => importNetwork(new Uint8Array(8), { format: "onnx" }), "unsupported", "format");
    });
  });

  it("refuses wrong arguments", async () => {
    const network = await createNetwork(spec);
    const metadata = (given: unknown) => () =>
      exportNetwork(network, "safetensors", { metadata: given as Record<string, string> });
    await expectRefusal(metadata({ spec: "x" }), "value", "metadata.spec", '"spec"', "taken");
    await expectRefusal(metadata({ relumine: "x" }), "value", "metadata.relumine", '"relumine"');
    await expectRefusal(metadata(JSON.parse('{"__proto__":"x"}')), "value", "metadata.__proto__", "__proto__");
    await expectRefusal(metadata({ rows: 3 }), "value", "metadata.rows");
    await expectRefusal(metadata([]), "value", "metadata", "array");
    await expectRefusal(
      () => exportNetwork(network, "safetensors", { metdata: {} } as object),
      "value",
      "exportNetwork.metdata",
      '"metadata"',
    );
    await expectRefusal(() => importNetwork("model" as unknown as Uint8Array), "value", "bytes");
    await expectRefusal(
      async () => importNetwork(await exported(), { threds: 2 } as object),
      "value",
      "importNetwork.threds",
      '"threads"',
    );
    await expectRefusal(() => exportNetwork({} as Network, "safetensors"), "value", "network");
    network.dispose();
    await expectRefusal(() => exportNetwork(network, "safetensors"), "disposed");
  });
});

describe("a file that is not to be believed is refused:", () => {
  const dtypes = ["F16", "BF16", "I32", "BOOL", "f32", 4, null];
  const cases: [string, (header: Json) => Json | string | undefined | void, [path: string, given?: string]][] = [
    ...dtypes.map((dtype): (typeof cases)[number] => [
      `dtype ${dtype}`,
      (h) => void (tensor(h, "layers.0.bias").dtype = dtype),
      [`the file's tensor "layers.0.bias"'s dtype`, JSON.stringify(dtype)],
    ]),
    [
      "dtype F64 for weights",
      (h) => void (tensor(h, "layers.0.bias").dtype = "F64"),
      ['the file\'s tensor "layers.0.bias"', "12"],
    ],
    [
      "dtype U32 for weights",
      (h) => void (tensor(h, "layers.0.bias").dtype = "U32"),
      ['the file\'s tensor "layers.0.bias"', "U32"],
    ],
    ["no metadata", (h) => void delete h[METADATA], ["the file's __metadata__", '"relumine"']],
    ["metadata without a spec", (h) => void delete (h[METADATA] as Json).spec, ["the file's __metadata__", '"spec"']],
    ["metadata of numbers", (h) => void ((h[METADATA] as Json).x = 1), ["__metadata__.x", "1"]],
    ["metadata that is a list", (h) => void (h[METADATA] = []), ["__metadata__", "length 0"]],
    ["a later version", (h) => void ((h[METADATA] as Json).relumine = "3"), ["the file's version", '"3"']],
    [
      "the version of a training without one",
      (h) => void ((h[METADATA] as Json).relumine = "2"),
      ["the file's training", '"training"'],
    ],
    [
      "a missing tensor",
      (h) =>
        void (
          delete h["layers.0.kernel"],
          (tensor(h, "layers.0.bias").data_offsets = [0, 36]),
          (tensor(h, "layers.0.bias").shape = [9])
        ),
      ['the file\'s tensor "layers.0.kernel"', "none"],
    ],
    [
      "an unknown tensor",
      (h) => void (h["layers.2.bias"] = { dtype: "F32", shape: [0], data_offsets: [80, 80] }),
      ["the file's tensors", '"layers.2.bias"'],
    ],
    ["an entry that is no object", (h) => void (h["layers.0.bias"] = 3), ['the file\'s tensor "layers.0.bias"', "3"]],
    [
      "an entry without a shape",
      (h) => void delete tensor(h, "layers.0.bias").shape,
      ['the file\'s tensor "layers.0.bias"', '"shape"'],
    ],
    [
      "an entry with more",
      (h) => void (tensor(h, "layers.0.bias").strides = [1]),
      ['the file\'s tensor "layers.0.bias"', '"strides"'],
    ],
    [
      "a shape of text",
      (h) => void (tensor(h, "layers.0.bias").shape = "3"),
      ["the file's tensor \"layers.0.bias\"'s shape", '"3"'],
    ],
    [
      "a shape of fractions",
      (h) => void (tensor(h, "layers.0.bias").shape = [1.5, 2]),
      ["the file's tensor \"layers.0.bias\"'s shape", "length 2"],
    ],
    [
      "a negative shape",
      (h) => void (tensor(h, "layers.0.bias").shape = [-3]),
      ["the file's tensor \"layers.0.bias\"'s shape", "length 1"],
    ],
    [
      "a shape of too many",
      (h) => void (tensor(h, "layers.0.bias").shape = [4]),
      ['the file\'s tensor "layers.0.bias"', "12"],
    ],
    [
      "a shape whose size overflows",
      (h) => void (tensor(h, "layers.0.bias").shape = [2 ** 52, 2 ** 52]),
      ['the file\'s tensor "layers.0.bias"', "12"],
    ],
    [
      "a shape whose size wraps around",
      (h) => void (tensor(h, "layers.0.bias").shape = [3, 2 ** 32 + 1]),
      ['the file\'s tensor "layers.0.bias"', "12"],
    ],
    [
      "a turned shape",
      (h) => void (tensor(h, "layers.0.kernel").shape = [3, 2]),
      ['the file\'s tensor "layers.0.kernel"', "[3, 2]"],
    ],
    [
      "a shape of more axes",
      (h) => void (tensor(h, "layers.0.kernel").shape = [2, 3, 1]),
      ['the file\'s tensor "layers.0.kernel"', "[2, 3, 1]"],
    ],
    [
      "offsets beyond the end",
      (h) => void (tensor(h, "layers.1.bias").data_offsets = [76, 84]),
      ["the file's tensor \"layers.1.bias\"'s data_offsets", "76 to 84"],
    ],
    [
      "offsets far beyond",
      (h) => void (tensor(h, "layers.1.bias").data_offsets = [0, 2 ** 50]),
      ["the file's tensor \"layers.1.bias\"'s data_offsets", "0 to 1125899906842624"],
    ],
    [
      "offsets that turn back",
      (h) => void (tensor(h, "layers.1.bias").data_offsets = [80, 72]),
      ["the file's tensor \"layers.1.bias\"'s data_offsets", "80 to 72"],
    ],
    [
      "one offset",
      (h) => void (tensor(h, "layers.1.bias").data_offsets = [72]),
      ["the file's tensor \"layers.1.bias\"'s data_offsets", "72"],
    ],
    [
      "negative offsets",
      (h) => void (tensor(h, "layers.1.bias").data_offsets = [-8, 0]),
      ["the file's tensor \"layers.1.bias\"'s data_offsets", "length 2"],
    ],
    [
      "offsets that are not whole",
      (h) => void (tensor(h, "layers.1.bias").data_offsets = [72.5, 80.5]),
      ["the file's tensor \"layers.1.bias\"'s data_offsets", "length 2"],
    ],
    [
      "overlapping tensors",
      (h) => void (tensor(h, "layers.0.alpha").data_offsets = [24, 36]),
      ['the file\'s tensor "layers.0.alpha"', "24"],
    ],
    [
      "a gap",
      (h) =>
        void (
          (tensor(h, "layers.0.bias").data_offsets = [28, 40]),
          (tensor(h, "layers.0.alpha").data_offsets = [40, 52])
        ),
      ['the file\'s tensor "layers.0.bias"', "28"],
    ],
    [
      "bytes behind the tensors",
      (h) => void (delete h["layers.1.bias"], (tensor(h, "layers.1.kernel").data_offsets = [48, 72])),
      ["the file's tensors", "72"],
    ],
    [
      "a name twice",
      (h) => JSON.stringify(h).replace("layers.0.bias", "layers.0.alpha"),
      ["the file's header", '"layers.0.alpha" twice'],
    ],
    [
      "a name twice, once escaped",
      (h) => JSON.stringify(h).replace("layers.0.bias", String.raw`layers.0.\u0061lpha`),
      ["the file's header", '"layers.0.alpha" twice'],
    ],
    [
      "a name twice, far from its colon",
      (h) => JSON.stringify(h).replace('"layers.0.bias"', `"layers.0.alpha"${" ".repeat(300)}`),
      ["the file's header", '"layers.0.alpha" twice'],
    ],
    [
      "a dtype twice",
      (h) => JSON.stringify(h).replace('"dtype":"F32"', '"dtype":"F32","dtype":"F32"'),
      ["the file's header", '"dtype" twice'],
    ],
    [
      "a __proto__",
      (h) => JSON.stringify(h).replace("{", '{"__proto__":{"dtype":"F32"},'),
      ["the file's header", '"__proto__"'],
    ],
    [
      "a __proto__ in the spec",
      (h) => setSpec(h, (s) => JSON.stringify(s).replace("{", '{"__proto__":{"loss":"huber"},')),
      ["the file's spec", '"__proto__"'],
    ],
    [
      "deep nesting",
      (h) => JSON.stringify(h).replace('"F32"', "[".repeat(1e5) + "]".repeat(1e5)),
      ["the file's header", "more"],
    ],
    ["deep nesting in the spec", (h) => setSpec(h, () => `${'{"layers":['.repeat(5e4)}`), ["the file's spec", "more"]],
    [
      "too many parts",
      (h) => JSON.stringify(h).replace("[2,3]", `[${"0,".repeat(2 ** 20)}0]`),
      ["the file's header", "more"],
    ],
    ["half of its JSON", (h) => JSON.stringify(h).slice(0, 200), ["the file's header"]],
    ["a list for a header", () => "[1]", ["the file's header", "bytes"]],
    ["a byte order mark", (h) => `\ufeff${JSON.stringify(h)}`, ["the file's header", "bytes"]],
    ["a spec that is no JSON", (h) => setSpec(h, () => "{inputs: 2}"), ["the file's spec"]],
    ["a spec that is a list", (h) => setSpec(h, () => "[]"), ["the file's spec", "length 0"]],
    [
      "a spec with a wrong loss",
      (h) => setSpec(h, (s) => void (s.loss = "hinge")),
      ["the file's spec: loss", '"hinge"'],
    ],
    ["a spec without layers", (h) => setSpec(h, (s) => void delete s.layers), ["the file's spec: layers", "undefined"]],
    [
      "a spec with more",
      (h) => setSpec(h, (s) => void (s.optimizer = "adam")),
      ["the file's spec: spec.optimizer", '"optimizer"'],
    ],
    [
      "a spec of huge layers",
      (h) => setSpec(h, (s) => void ((s.layers as Json[])[0].units = 2 ** 30)),
      ['the file\'s tensor "layers.0.kernel"', "[2, 3]"],
    ],
    [
      "a spec of layers too huge to name",
      (h) => setSpec(h, (s) => void ((s.layers as Json[])[0].units = 1e300)),
      ["the file's spec: layers[0].units", "1e+300"],
    ],
    [
      "a spec of other inputs",
      (h) => setSpec(h, (s) => void (s.inputs = 3)),
      ['the file\'s tensor "layers.0.kernel"', "[2, 3]"],
    ],
    [
      "a spec of other activations",
      (h) => setSpec(h, (s) => void ((s.layers as Json[])[0].activation = "relu")),
      ["the file's tensors", '"layers.0.alpha"'],
    ],
  ];
  it.each(cases)("%s", async (_name, change, refusal) => {
    const bytes = await tampered((header) => change(header) as Json | undefined);
    await expectRefusal(() => importNetwork(bytes), "format", ...(refusal as [string]));
  });

  it.each([
    [Number.NaN, "NaN"],
    [Infinity, "Infinity"],
    [-Infinity, "-Infinity"],
  ])("a weight of %d", async (value, text) => {
    const { header, body } = split(await exported());
    new DataView(body.buffer).setFloat32(24, value, true);
    await expectRefusal(() => importNetwork(join(header, body)), "format", `the file's tensor "layers.0.bias"`, text);
  });

  it("a length beyond the file, beyond the format's limit, beyond 2^63", async () => {
    const { header, body } = split(await exported());
    await expectRefusal(() => importNetwork(join(header, body, 5000n)), "format", "the file's header");
    await expectRefusal(() => importNetwork(join(header, body, 100_000_001n)), "format", "the file's header");
    await expectRefusal(() => importNetwork(join(header, body, 2n ** 64n - 1n)), "format", "the file's header");
    await expectRefusal(() => importNetwork(join(header, body, 0n)), "format", "the file's header");
  });

  it("a header that is not UTF-8", async () => {
    const { body } = split(await exported());
    await expectRefusal(
      () => importNetwork(join(new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x7d]), body)),
      "format",
      "the file's header",
    );
  });

  it("and the same tampering with nothing changed is not: the control", async () => {
    (await importNetwork(await tampered(() => undefined))).dispose();
    (await importNetwork(await tampered((h) => setSpec(h, () => undefined) as undefined))).dispose();
  });

  it("leaves no memory behind", async () => {
    const bad = await tampered((h) => void (tensor(h, "layers.0.kernel").shape = [3, 2]) as undefined);
    for (let i = 0; i < 100; i++) await expectRefusal(() => importNetwork(bad), "format");
    (await importNetwork(await exported())).dispose();
  });

  it("after any cut", async () => {
    const bytes = await exported();
    for (let length = 0; length < bytes.length; length++)
      await expectRefusal(() => importNetwork(bytes.subarray(0, length)), "format");
    await expectRefusal(() => importNetwork(new Uint8Array([...bytes, 0])), "format");
  });

  /** Flips, cuts, repeats, digits and punctuation: what may turn one valid file into another. */
  function mutate(bytes: Uint8Array, random: () => number): Uint8Array {
    const copy = bytes.slice();
    const place = (): number => integer(random, 0, copy.length - 1);
    for (let times = integer(random, 1, 4); times > 0; times--) {
      const kind = integer(random, 0, 4);
      if (kind === 0) copy[place()] ^= 1 << integer(random, 0, 7);
      else if (kind === 1) copy[place()] = integer(random, 0, 255);
      else if (kind === 2) copy[place()] = '{}[]",:0123456789e-\\ '.charCodeAt(integer(random, 0, 20));
      else if (kind === 3) copy.copyWithin(place(), place(), place());
      else return copy.slice(0, place());
    }
    return copy;
  }

  it("or read, and nothing else, after 4,000 random mutations", async () => {
    const bytes = await exported();
    const random = seededRandom(5);
    const outcomes = { read: 0, refused: 0 };
    for (let i = 0; i < 4000; i++) {
      try {
        (await importNetwork(mutate(bytes, random))).dispose();
        outcomes.read++;
      } catch (error) {
        if (!(error instanceof RelumineError) || error.code !== "format") throw error;
        outcomes.refused++;
      }
    }
    expect(outcomes.refused).toBeGreaterThan(2000);
    expect(outcomes.read).toBeGreaterThan(100); // a weight or the seed was changed
  });
});
