// Files of what layers did: names, weights of PyTorch and Keras, texts, several files; the dead are torch's own.
import { readFileSync } from "node:fs";
import { gzipSync } from "fflate";
import { describe, expect, it } from "vitest";
import { areActivations, readActivations } from "../../src/arrays/activation-layers.js";
import { diagnoseActivations, type ActivationDiagnosis, RelumineError } from "../../src/index.js";
import { seededRandom } from "../support/random.js";
import { npyFile as npy, npyWith, npzFile as npz } from "../support/array-files.js";
import { expectError } from "../support/errors.js";

const fixtures = new URL("../fixtures/activations/", import.meta.url);
const fixture = (name: string) => new Uint8Array(readFileSync(new URL(name, fixtures)));
const expected = JSON.parse(readFileSync(new URL("expected.json", fixtures), "utf8")) as Record<
  string,
  Record<string, number[]>
>;

const deadOf = ({ layers }: ActivationDiagnosis) =>
  layers.map(({ units }) => units.filter(({ state }) => state === "dead").map(({ unit }) => unit));

async function diagnose(sources: Uint8Array[], options: Parameters<typeof readActivations>[1] = {}) {
  const { layers, notes } = await readActivations(sources, options);
  return { diagnosis: await diagnoseActivations({ layers }), notes };
}

function textNpy(text: string): Uint8Array {
  const codes = new Uint8Array(Uint32Array.from(text, (each) => each.codePointAt(0)!).buffer);
  return npyWith(`{'descr': '<U${text.length}', 'fortran_order': False, 'shape': (), }`, codes);
}

describe("torch's own dead units", () => {
  it.each(Object.keys(expected))("%s", async (name) => {
    const { diagnosis } = await diagnose([fixture(name)]);
    const wanted = Object.values(expected[name]);
    expect(wanted.flat().length).toBeGreaterThan(0);
    expect(deadOf(diagnosis)).toEqual(wanted);
  });

  it("names, mechanism and bias to revive by torch's weights", async () => {
    const { diagnosis, notes } = await diagnose([fixture("hook.npz")]);
    expect(diagnosis.layers.map(({ name }) => name)).toEqual(["0", "2"]);
    expect(notes.join()).toContain('"4.weight"');
    const dead = diagnosis.layers.flatMap(({ units }) => units).filter(({ state }) => state === "dead");
    expect(dead.every(({ mechanism, biasToRevive }) => mechanism !== undefined && biasToRevive! > 0)).toBe(true);
  });

  it("relu6 and what feeds it, by texts", async () => {
    const [layer] = (await diagnose([fixture("convolution.npz")])).diagnosis.layers;
    expect(layer.activation).toBe("relu6");
    expect(layer.units.filter(({ state }) => state === "dead").every(({ permanent }) => permanent)).toBe(true);
  });
});

describe("names", () => {
  const z = npy([2, 2], [-1, 1, -2, 1]);

  it("alone, unless others end in what they are", async () => {
    expect(
      (await diagnose([npz({ a: z, labels: npy([2], [0, 1]) })])).diagnosis.layers.map(({ name }) => name),
    ).toEqual(["a"]);
    const { diagnosis, notes } = await diagnose([npz({ a: npy([3, 2], [1, 1, 1, 1, 1, 1]), "b.preactivations": z })]);
    expect(diagnosis.layers.map(({ name }) => name)).toEqual(["b"]);
    expect(notes).toHaveLength(1);
    expect((await diagnose([z])).diagnosis.layers.map(({ name }) => name)).toEqual(["layer 0"]);
    expect(areActivations(["a", "a.bias"])).toBe(false);
    expect(areActivations(["a.activations"])).toBe(true);
  });

  it("silent inputs by the name of the layer that feeds it; Keras' kernels", async () => {
    const dead = npy([2, 2], [-1, -1, -2, 1]);
    const kernel = npy([2, 2], [1, 1, 0, 1]); // inputs x units: unit 0 is fed by input 0 alone
    const layers = {
      "a.preactivations": dead,
      "b.preactivations": npy([2, 2], [-1, -1, -2, -1]),
      "b.inputs": textNpy("a"),
    };
    const mechanisms = async (more: Record<string, Uint8Array>) =>
      (await diagnose([npz({ ...layers, ...more })])).diagnosis.layers[1].units.map(({ mechanism }) => mechanism);
    expect(await mechanisms({ "b.kernel": kernel })).toEqual(["silentInputs", "negativeWeights"]);
    expect(await mechanisms({ "b.weight": npy([2, 2], [1, 0, 1, 1]) })).toEqual(["silentInputs", "negativeWeights"]);
    // a kernel of [places, channels, units]: channel 0 reaches unit 0 at the second place, channel 1 reaches unit 1
    const places = npy([2, 2, 2], [0, 0, 0, 1, 1, 0, 0, 1]);
    expect(await mechanisms({ "b.kernel": places })).toEqual(["silentInputs", "negativeWeights"]);
    const weight = npy([2, 2, 2], [0, 1, 0, 0, 0, 0, 1, 1]);
    expect(await mechanisms({ "b.weight": weight })).toEqual(["silentInputs", "negativeWeights"]);
  });

  it("a dense kernel behind values whose units are last: rows of one unit together", async () => {
    // two places of two channels, the first of which is silent
    const conv = npy([2, 2, 2], [-1, 1, -1, 1, -2, 1, -1, 3]);
    const file = (more: Record<string, Uint8Array>) =>
      npz({
        "conv.preactivations": conv,
        "d.preactivations": npy([2, 1], [-1, -1]),
        "d.inputs": textNpy("conv"),
        ...more,
      });
    const read = async (more: Record<string, Uint8Array>) => (await readActivations([file(more)])).layers[1];
    const kernel = { "d.kernel": npy([4, 1], [1, 2, 3, 4]) };
    const grouped = { rows: 4, columns: 1, data: Float32Array.of(1, 3, 2, 4) };
    expect((await read({ ...kernel, "conv.channels": textNpy("last") })).kernel).toEqual(grouped);
    expect((await read({ "d.weight": npy([1, 4], [1, 2, 3, 4]), "conv.channels": textNpy("last") })).kernel).toEqual(
      grouped,
    );
    const first = { ...grouped, data: Float32Array.of(1, 2, 3, 4) };
    expect((await read({ ...kernel, "conv.channels": textNpy("first") })).kernel).toEqual(first);
    // the live channel feeds it
    const { diagnosis } = await diagnose([
      file({ "d.kernel": npy([4, 1], [-1, -1, 0, 0]), "d.bias": npy([1], [-1]), "conv.channels": textNpy("last") }),
    ]);
    expect(diagnosis.layers[1].units[0].mechanism).not.toBe("silentInputs");
  });

  it("units that are last by the number of biases", async () => {
    const layers = {
      "conv.preactivations": npy([1, 3, 2], [1, 1, 1, 1, 1, 1]),
      "conv.bias": npy([2], [0, 0]),
      "d.preactivations": npy([1, 1], [1]),
      "d.kernel": npy([6, 1], [1, 2, 3, 4, 5, 6]),
      "d.inputs": textNpy("conv"),
    };
    const [, { kernel }] = (await readActivations([npz(layers)])).layers;
    expect(kernel).toMatchObject({ data: Float32Array.of(1, 3, 5, 2, 4, 6) });
  });

  it("a convolution that takes not each channel is fed by nobody known", async () => {
    const layers = {
      "a.preactivations": npy([1, 4, 1, 1], [-1, -1, 1, 1]),
      "b.preactivations": npy([1, 4, 1, 1], [-1, -1, -1, -1]),
      "b.inputs": textNpy("a"),
    };
    const read = async (channels: number) => {
      const weight = npy([4, channels, 2, 2], new Float32Array(16 * channels).fill(1));
      return readActivations([npz({ ...layers, "b.weight": weight })]);
    };
    const depthwise = await read(1);
    expect(depthwise.layers[1]).not.toHaveProperty("inputs");
    expect(depthwise.notes.join()).toContain("1 channel");
    const full = await read(4);
    expect(full.layers[1].inputs).toBe("a");
    expect(full.notes).toEqual([]);
  });

  it("activations: the file's, else the caller's, for all or by layer", async () => {
    const file = npz({ a: z, b: z, "b.activation": textNpy("gelu") });
    const named = async (activation: NonNullable<Parameters<typeof readActivations>[1]>["activation"]) =>
      (await diagnose([file], { ...(activation && { activation }) })).diagnosis.layers.map((layer) => layer.activation);
    expect(await named(undefined)).toEqual(["relu", "gelu"]);
    expect(await named("elu")).toEqual(["elu", "gelu"]);
    expect(await named(["mish", "relu"])).toEqual(["mish", "gelu"]);
    await expectError(readActivations([file], { activation: ["relu"] }), "value", "activation");
  });
});

it("texts of an .npz that is gzipped", async () => {
  const file = npz({ "a.preactivations": npy([1, 1], [1]), "a.activation": textNpy("gelu") });
  expect((await diagnose([gzipSync(file)])).diagnosis.layers[0].activation).toBe("gelu");
});

it("several files are one, their rows in order", async () => {
  const rows = [-1, 1, -2, 1, 3, 2, 5, -1];
  const part = (from: number, to: number, more = {}) =>
    npz({ "a.preactivations": npy([(to - from) / 2, 2], rows.slice(from, to)), ...more });
  const bias = { "a.bias": npy([2], [0, 1]) };
  const whole = await diagnose([part(0, 8, bias)]);
  expect((await diagnose([part(0, 2), part(2, 8, bias)])).diagnosis).toEqual(whole.diagnosis);
  expect((await diagnose([part(0, 2, bias), part(2, 8, bias)])).diagnosis).toEqual(whole.diagnosis);
  const other = part(2, 8, { "a.bias": npy([2], [0, 2]) });
  await expectError(readActivations([part(0, 2, bias), other]), "value", /a\.bias/);
  const texts = ["elu", "gelu"].map((name) => ({ "a.activation": textNpy(name) }));
  await expectError(readActivations([part(0, 2, texts[0]), part(2, 8, texts[1])]), "value", /a\.activation/);
  await expectError(readActivations([part(0, 2), npz({ b: npy([1, 2], [1, 1]) })]), "format", "each file");
  await expectError(readActivations([part(0, 2), npz({ "a.preactivations": npy([1, 3], [1, 1, 1]) })]), "shape", /"a"/);
});

describe("refusals", () => {
  it.each<[string, () => Uint8Array[], Parameters<typeof expectError>[1], (string | RegExp)?]>([
    ["no files", () => [], "shape", "sources"],
    ["no layers", () => [npz({ "a.weight": npy([2, 2], [1, 1, 1, 1]) })], "format", "the file"],
    ["a table", () => [Buffer.from("a,b\n1,2\n3,4\n")], "format", "the file"],
    [
      "objects",
      () => [
        npz({ "a.preactivations": npyWith("{'descr': '|O', 'fortran_order': False, 'shape': (1, 1), }", [1, 2, 3]) }),
      ],
      "unsupported",
    ],
    [
      "a layer twice",
      () => [npz({ "a.preactivations": npy([1, 1], [1]), "a.activations": npy([1, 1], [1]) })],
      "format",
      /"a"/,
    ],
    [
      "a weight of one axis",
      () => [npz({ "a.preactivations": npy([1, 1], [1]), "a.weight": npy([1], [1]) })],
      "shape",
      /a\.weight/,
    ],
    ["a shape that lies", () => [npz({ "a.preactivations": npy([1e4, 1e4], [1]) })], "format"],
    ["nonsense", () => [Uint8Array.of(0x50, 0x4b, 3, 4, 1, 2, 3)], "format"],
  ])("%s", async (_, make, code, path) => {
    await expectError(readActivations(make()), code, path);
  });

  it("texts that name nothing", async () => {
    const { layers } = await readActivations([
      npz({ "a.preactivations": npy([1, 1], [1]), "a.activation": textNpy("rellu") }),
    ]);
    await expectError(diagnoseActivations({ layers }), "value", "layers[0].activation");
  });
});

it.each(["hook.npz", "activations.npz", "convolution.npz"])("mutants of %s are read or refused", async (name) => {
  const file = fixture(name);
  const random = seededRandom(19);
  const spots = [0, file.length - 900, ...Array.from({ length: 30 }, () => Math.floor(random() * file.length))];
  let refused = 0;
  for (let i = 0; i < 150; i++) {
    const mutant = file.slice(0, i % 7 === 0 ? Math.floor(random() * file.length) : file.length);
    for (let change = 0; change < 4; change++) {
      const near = spots[Math.floor(random() * spots.length)];
      mutant[Math.max(0, near) + Math.floor(random() * 200)] = Math.floor(random() * 256);
    }
    try {
      const { diagnosis } = await diagnose([mutant]);
      expect(diagnosis.units).toBeLessThan(1000);
    } catch (error) {
      expect(error).toBeInstanceOf(RelumineError);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(50);
});
