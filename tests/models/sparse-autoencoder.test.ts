// Sparse autoencoders in SAELens' files: against its own formula in float64; what is no relu of a product is refused.
import { describe, expect, it } from "vitest";
import { diagnose } from "../../src/index.js";
import { readModel } from "../../src/models.js";
import { expectError } from "../support/errors.js";
import { normal, seededRandom } from "../support/random.js";

type Tensors = Record<string, { readonly shape: number[]; readonly data: number[] }>;

function safetensors(tensors: Tensors): Uint8Array {
  let at = 0;
  const header: Record<string, unknown> = {};
  for (const [name, { shape, data }] of Object.entries(tensors))
    header[name] = { dtype: "F32", shape, data_offsets: [at, (at += 4 * data.length)] };
  const text = JSON.stringify(header);
  const length = new Uint8Array(BigUint64Array.of(BigInt(text.length)).buffer);
  const numbers = new Uint8Array(Float32Array.from(Object.values(tensors).flatMap(({ data }) => data)).buffer);
  return Uint8Array.from([...length, ...new TextEncoder().encode(text), ...numbers]);
}

const [IN, LATENTS, ROWS] = [6, 40, 200];

function makeTensors(seed: number): Tensors {
  const random = normal(seededRandom(seed));
  const draw = (count: number, size: number, shift = 0) =>
    Array.from({ length: count }, () => Math.fround(random() * size + shift));
  return {
    W_enc: { shape: [IN, LATENTS], data: draw(IN * LATENTS, 0.4) },
    b_enc: { shape: [LATENTS], data: draw(LATENTS, 0.5, -1) },
    W_dec: { shape: [LATENTS, IN], data: draw(LATENTS * IN, 0.4) },
    b_dec: { shape: [IN], data: draw(IN, 1, 3) },
  };
}

const config = (fields: object = {}) =>
  new TextEncoder().encode(
    JSON.stringify({
      architecture: "standard",
      d_in: IN,
      d_sae: LATENTS,
      apply_b_dec_to_input: true,
      normalize_activations: "none",
      ...fields,
    }),
  );

/** SAELens' encode: relu((x - b_dec)·W_enc + b_enc), before the relu. */
function latentsOf({ W_enc, b_enc, b_dec }: Tensors, x: readonly number[], applies: boolean): number[] {
  return b_enc.data.map((bias, unit) =>
    x.reduce((sum, value, i) => sum + (value - (applies ? b_dec.data[i] : 0)) * W_enc.data[i * LATENTS + unit], bias),
  );
}

describe.each([true, false])("apply_b_dec_to_input %s", (applies) => {
  const tensors = makeTensors(5);
  const random = normal(seededRandom(6));
  const x = Array.from({ length: ROWS }, () => Array.from({ length: IN }, () => Math.fround(random() + 3)));
  const files = { "cfg.json": config({ apply_b_dec_to_input: applies }) };

  it("reconstructs, and its dead latents are those of the formula", async () => {
    const model = await readModel(safetensors(tensors), { files });
    expect(model).toMatchObject({ format: "safetensors", writer: "SAELens", head: "none" });
    expect(model.spec).toMatchObject({ inputs: IN, layers: [{ units: LATENTS }, { units: IN }] });
    const network = await model.toNetwork();
    const z = x.map((row) => latentsOf(tensors, row, applies));
    const { W_dec, b_dec } = tensors;
    const { data } = network.predict(x);
    z.forEach((row, r) =>
      b_dec.data.forEach((bias, i) => {
        const wanted = row.reduce((sum, value, unit) => sum + Math.max(0, value) * W_dec.data[unit * IN + i], bias);
        expect(Math.abs(data[r * IN + i] - wanted)).toBeLessThan(1e-5 * Math.max(1, Math.abs(wanted)));
      }),
    );
    const dead = [...tensors.b_enc.data.keys()].filter((unit) => z.every((row) => row[unit] <= 0));
    const [layer] = diagnose(network, x, { upTo: 0 }).layers;
    expect(dead.length).toBeGreaterThan(0);
    expect(dead.length).toBeLessThan(LATENTS);
    expect(layer.units.filter(({ state }) => state === "dead").map(({ unit }) => unit)).toEqual(dead);
    for (const unit of dead) {
      const { mechanism, biasToRevive } = layer.units[unit];
      expect(mechanism).toBeDefined();
      const opened = z.filter((row) => row[unit] + biasToRevive! > 0).length;
      expect(opened).toBeGreaterThanOrEqual(ROWS / 100);
    }
  });
});

describe("refuses", () => {
  const bytes = safetensors(makeTensors(1));
  it.each<[string, object, Parameters<typeof expectError>[1], (string | RegExp)?]>([
    ["topk", { architecture: "topk" }, "unsupported", "the autoencoder"],
    ["jumprelu", { architecture: "jumprelu" }, "unsupported", "the autoencoder"],
    ["gated", { architecture: "gated" }, "unsupported", "the autoencoder"],
    ["an older topk", { activation_fn_str: "topk" }, "unsupported", "the autoencoder"],
    ["inputs that it normalizes", { normalize_activations: "layer_norm" }, "unsupported", "the autoencoder"],
    ["what does not say whether b_dec is applied", { apply_b_dec_to_input: null }, "format", /apply_b_dec_to_input/],
  ])("%s", async (_, fields, code, path) => {
    await expectError(readModel(bytes, { files: { "cfg.json": config(fields) } }), code, path);
  });

  it("no configuration, another tensor, other shapes, nonsense", async () => {
    await expectError(readModel(bytes), "format", "the autoencoder's configuration");
    const files = { "cfg.json": config() };
    const { W_enc, ...rest } = makeTensors(1);
    const threshold = { shape: [LATENTS], data: new Array<number>(LATENTS).fill(0) };
    await expectError(
      readModel(safetensors({ W_enc, ...rest, threshold }), { files }),
      "unsupported",
      "the autoencoder",
    );
    const turned = { shape: [LATENTS, IN], data: W_enc.data };
    await expectError(readModel(safetensors({ W_enc: turned, ...rest }), { files }), "format", /b_enc/);
    const { W_dec, ...headless } = makeTensors(1);
    expect(W_dec.shape).toEqual([LATENTS, IN]);
    await expectError(readModel(safetensors(headless), { files }), "format", /W_dec/);
    for (const text of ["", "[]", "{", '{"__proto__":{"architecture":"standard"}}', '{"a":'.repeat(100)])
      await expectError(readModel(bytes, { files: { "cfg.json": new TextEncoder().encode(text) } }), "format");
  });
});
