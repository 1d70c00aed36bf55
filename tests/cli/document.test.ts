// The documents that `relumine diagnose --json` prints, against the schema in docs: what is printed is what it says,
// and nothing that it does not say.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Ajv, type ValidateFunction } from "ajv";
import { describe, expect, it } from "vitest";
import { fixture, optionsOf, pathOf, rowsOf } from "./fixtures.js";
import { Folder, PENGUINS, relumine } from "./run.js";
import { readGraphFile } from "../graph/graphs.js";
import { npyFile } from "../support/array-files.js";

type Schema = Readonly<Record<string, unknown>>;

const folder = new Folder();
const schema = JSON.parse(readFileSync(new URL("../../docs/diagnosis.schema.json", import.meta.url), "utf8")) as Schema;

/** The same with every object closed: readers may meet members that are not in it, the program prints none. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]));
  return "properties" in value && !("additionalProperties" in value)
    ? { ...members, additionalProperties: false }
    : members;
}

const ajv = new Ajv({ strict: false, allErrors: true });
const validate: ValidateFunction = ajv.compile(closed(schema) as Schema);

async function documentOf(expected: number, ...args: string[]): Promise<Record<string, unknown>> {
  const { code, stdout, stderr } = await relumine("diagnose", ...args, "--json");
  expect(code, stderr).toBe(expected);
  return JSON.parse(stdout) as Record<string, unknown>;
}

function errorsOf(document: unknown): unknown {
  validate(document);
  return validate.errors?.map(({ instancePath, message, params }) => ({ instancePath, message, params })) ?? [];
}

describe("fits the schema:", () => {
  it.each([
    ["onnx/relu-dead.ts17.onnx", 0, []],
    ["onnx/leaky.ts17.onnx", 0, ["--prove"]],
    ["onnx/layer-of-dead.ts17.onnx", 0, ["--prove"]],
    ["tfjs/elu", 0, []],
    ["keras/selu.keras", 0, []],
    ["torch/prelu.safetensors", 0, []],
    ["numpy/sklearn-coefs.npz", 0, []],
    ["onnx/digits-trained.ts17.onnx", 1, ["--fail-on", "dead,finding:silentTogether", "--prove"]],
  ])("%s with exit code %d", async (name, code, options) => {
    const model = fixture(name);
    const args = [pathOf(model), rowsOf(folder, name, model), ...optionsOf(model), ...options];
    const document = await documentOf(code, ...args);
    expect(errorsOf(document)).toEqual([]);
    expect("failures" in document).toBe(code === 1);
  });

  it.each(["hook", "activations", "transformer", "convolution"])("what layers did: %s.npz", async (name) => {
    const document = await documentOf(
      0,
      fileURLToPath(new URL(`../fixtures/activations/${name}.npz`, import.meta.url)),
    );
    expect(errorsOf(document)).toEqual([]);
  });

  it("an ONNX graph that is no chain", async () => {
    const { x } = readGraphFile("block.9").counted.inputs;
    const rows = folder.write("images.npy", npyFile(x.shape, x.data as ArrayLike<number>));
    const file = fileURLToPath(new URL("../fixtures/graphs/block.9.onnx", import.meta.url));
    expect(errorsOf(await documentOf(0, file, rows))).toEqual([]);
  });

  it.each([["species"], ["body_mass_g"]])("networks of train for %s", async (target) => {
    const out = join(folder.path, `${target}.safetensors`);
    const train = ["train", PENGUINS, "-t", target, "--epochs", "3", "--hidden", "8,8", "--bias=-1", "--out", out];
    expect(await relumine(...train)).toMatchObject({ code: 0 });
    const document = await documentOf(0, out, PENGUINS, "--prove");
    expect(errorsOf(document)).toEqual([]);
    expect(document.evaluation).toBeDefined();
  });
});

it("the controls: what is taken away, made up or of another type is seen", async () => {
  const model = fixture("onnx/relu-dead.ts17.onnx");
  const text = JSON.stringify(await documentOf(0, pathOf(model), rowsOf(folder, "control", model)));
  const change = (from: string, to: string) => JSON.parse(text.replace(from, to)) as unknown;
  expect(errorsOf(change("", ""))).toEqual([]);
  expect(errorsOf(change('"deadFraction"', '"deadShare"'))).not.toEqual([]);
  expect(errorsOf(change('"state":"alive"', '"state":"living"'))).not.toEqual([]);
  expect(errorsOf(change('"samples":64', '"samples":"64"'))).not.toEqual([]);
  expect(errorsOf(change('"notes":[]', '"notes":[],"more":1'))).not.toEqual([]);
});
