// `relumine diagnose ACTIVATIONS.npz`: what hooks wrote, the dead to the unit; options and files that are none.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { fixture, optionsOf, pathOf } from "./fixtures.js";
import { Folder, relumine } from "./run.js";
import { npyFile as npy, npzFile } from "../support/array-files.js";
import { readModel } from "../../src/models.js";
import type { ActivationDiagnosis } from "../../src/index.js";

const folder = new Folder();
const pathTo = (name: string) => fileURLToPath(new URL(`../fixtures/activations/${name}`, import.meta.url));
const expected = JSON.parse(readFileSync(pathTo("expected.json"), "utf8")) as Record<string, Record<string, number[]>>;

interface Document {
  readonly model: { readonly format: string; readonly layers: string[] };
  readonly data: { readonly rows: number; readonly notes: string[] };
  readonly diagnosis: ActivationDiagnosis;
}

async function diagnose(...args: string[]): Promise<Document> {
  const { code, stdout, stderr } = await relumine("diagnose", ...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Document;
}

const deadOf = ({ layers }: ActivationDiagnosis): number[][] =>
  layers.map(({ units }) => units.filter(({ state }) => state === "dead").map(({ unit }) => unit));

describe("the dead are torch's own:", () => {
  it.each(Object.keys(expected))("%s", async (name) => {
    const { model, diagnosis } = await diagnose(pathTo(name));
    expect(deadOf(diagnosis)).toEqual(Object.values(expected[name]));
    expect(model).toMatchObject({
      format: "activations",
      layers: Object.keys(expected[name]).map((key) => key.split(".")[0]),
    });
  });

  it("and Keras' own, by its kernels", async () => {
    const model = fixture("keras/relu-dead.keras");
    const read = await readModel(new Uint8Array(readFileSync(pathOf(model))), { name: "relu-dead.keras" });
    const network = await read.toNetwork();
    const { rows, inputs, x, dead } = model as unknown as {
      rows: number;
      inputs: number;
      x: number[];
      dead: number[][];
    };
    let a = Array.from({ length: rows }, (_, row) => x.slice(row * inputs, (row + 1) * inputs));
    const arrays: Record<string, Uint8Array> = {};
    network.layers.slice(0, -1).forEach((layer, index) => {
      const { kernel, bias } = layer.getWeights();
      const { units } = layer;
      const z = a.map((row) =>
        Array.from(bias, (b, unit) => row.reduce((sum, value, i) => sum + value * kernel[i * units + unit], b)),
      );
      arrays[`dense_${index}.preactivations`] = npy([rows, units], z.flat());
      arrays[`dense_${index}.kernel`] = npy([a[0].length, units], [...kernel]);
      arrays[`dense_${index}.bias`] = npy([units], [...bias]);
      a = z.map((row) => row.map((value) => Math.max(0, value)));
    });
    const file = join(folder.path, "keras.npz");
    writeFileSync(file, npzFile(arrays));
    expect(dead.flat().length).toBeGreaterThan(0);
    expect(deadOf((await diagnose(file)).diagnosis)).toEqual(dead);
  });
});

it("tells layers by their names, and takes several files for one", async () => {
  const { code, stdout, stderr } = await relumine("diagnose", pathTo("transformer.npz"));
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(/what 1 layer did\n.*: 60 rows\n/);
  expect(stdout).toMatch(/^linear1 {2}relu .* 18 of 40 dead$/m);
  expect(
    Math.max(
      ...stdout
        .split("\n")
        .filter((line) => !line.includes("/"))
        .map(({ length }) => length),
    ),
  ).toBeLessThanOrEqual(80);
  const twice = await diagnose(pathTo("transformer.npz"), pathTo("transformer.npz"));
  expect(twice.data.rows).toBe(120);
  expect(twice.diagnosis.dead).toBe(18);
});

it("--activation for layers whose file does not say it, --fail-on", async () => {
  const { diagnosis } = await diagnose(pathTo("hook.npz"), "--activation", "leakyRelu");
  expect(diagnosis.layers.map(({ activation }) => activation)).toEqual(["leakyRelu", "leakyRelu"]);
  expect(diagnosis.dead).toBe(0);
  expect((await relumine("diagnose", pathTo("hook.npz"), "--fail-on", "dead:0.2")).code).toBe(1);
  expect((await relumine("diagnose", pathTo("hook.npz"), "--fail-on", "dead:0.9")).code).toBe(0);
});

describe("refuses", () => {
  it.each<[string, () => string[], RegExp]>([
    ["options of a model", () => [pathTo("hook.npz"), "--head", "softmax"], /expected --head to be left out/],
    ["proofs", () => [pathTo("hook.npz"), "--prove"], /expected --prove to be left out/],
    [
      "weights without rows",
      () => [pathOf(fixture("numpy/sklearn-coefs.npz"))],
      /expected .+ to have .+ relumine diagnose MODEL DATA/,
    ],
    ["a file that is not there", () => [join(folder.path, "none.npz")], /no such file/],
    [
      "rows in several files",
      () => {
        const model = fixture("numpy/sklearn-coefs.npz");
        return [pathOf(model), "a.npy", "b.npy", ...optionsOf(model)];
      },
      /expected data to be one file/,
    ],
  ])("%s", async (_, args, told) => {
    const { code, stderr } = await relumine("diagnose", ...args());
    expect(code).toBe(1);
    expect(stderr).toMatch(told);
    expect(stderr).not.toContain("    at ");
  });
});

it("a sparse autoencoder in its folder, with the share that its inputs' mean alone would kill", async () => {
  const [inputs, latents] = [4, 16];
  const tensors: Record<string, readonly [shape: number[], value: (i: number) => number]> = {
    W_enc: [[inputs, latents], (i) => Math.sin(7 * i + 1)],
    b_enc: [[latents], (i) => (i < 5 ? -30 : 0)],
    W_dec: [[latents, inputs], (i) => Math.cos(i)],
    b_dec: [[inputs], () => 0.5],
  };
  let at = 0;
  const parts = Object.entries(tensors).map(([name, [shape, value]]) => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => value(i));
    return { name, shape, data, data_offsets: [at, (at += data.byteLength)] };
  });
  const header = JSON.stringify(
    Object.fromEntries(parts.map(({ name, shape, data_offsets }) => [name, { dtype: "F32", shape, data_offsets }])),
  );
  const autoencoder = join(folder.path, "sae");
  mkdirSync(autoencoder);
  const length = Buffer.from(BigUint64Array.of(BigInt(header.length)).buffer);
  writeFileSync(
    join(autoencoder, "sae_weights.safetensors"),
    Buffer.concat([length, Buffer.from(header), ...parts.map(({ data }) => Buffer.from(data.buffer))]),
  );
  const config = { architecture: "standard", apply_b_dec_to_input: true, normalize_activations: "none" };
  const rows = join(folder.path, "rows.npy");
  writeFileSync(
    rows,
    npy(
      [50, inputs],
      Array.from({ length: 200 }, (_, i) => 1 + Math.sin(i * i)),
    ),
  );
  const refused = await relumine("diagnose", autoencoder, rows);
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("cfg.json")]);
  writeFileSync(join(autoencoder, "cfg.json"), JSON.stringify(config));
  const { model, data, diagnosis } = await diagnose(autoencoder, rows);
  expect(model).toMatchObject({ format: "safetensors", writer: "SAELens" });
  expect(deadOf(diagnosis)[0].slice(0, 5)).toEqual([0, 1, 2, 3, 4]);
  expect(diagnosis.layers[0].units[0].mechanism).toBe("negativeBias");
  expect(data.notes.join()).toMatch(/mean is \d\.\d+ times their spread/);
});
