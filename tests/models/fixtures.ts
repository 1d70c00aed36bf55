// Models of other programs in tests/fixtures/models (its README says what each field is), and what an importer must
// make of them: outputs, hidden activations and dead units within 1e-5, or a refusal by one of the words.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { RelumineError } from "../../src/core/errors.js";
import { readModel, type ReadModel, type ReadModelOptions } from "../../src/models/read-model.js";
import type { Network } from "../../src/network/types.js";
import { forward } from "../reference/network.js";
import { prototypes } from "../support/mutants.js";
import { startWatch } from "../support/stopwatch.js";

const ROOT = fileURLToPath(new URL("../fixtures/models/", import.meta.url));
const TOLERANCE = 1e-5;

export interface Fixture {
  readonly path: string;
  readonly file: string;
  readonly files?: readonly string[];
  readonly expect: "import" | "refuse" | "either";
  readonly words?: readonly string[];
  readonly options?: ReadModelOptions;
  readonly inputs: number;
  readonly layers?: readonly { readonly inputs: number; readonly units: number; readonly activation: string }[];
  readonly head?: string;
  readonly rows: number;
  readonly x: readonly number[];
  readonly shownRows: number;
  readonly y64: readonly number[];
  readonly logits64?: readonly number[];
  readonly hidden64?: readonly (readonly number[])[];
  readonly dead?: readonly (readonly number[])[];
}

/** The fixtures of a folder. */
export function fixturesIn(folder: string): [string, Fixture][] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(".json") && !statSync(join(ROOT, folder, name)).isDirectory())
    .map((name): [string, Fixture] => {
      const fixture = JSON.parse(readFileSync(join(ROOT, folder, name), "utf8")) as Fixture;
      return [name.replace(/\.json$/, ""), { ...fixture, path: join(ROOT, folder) }];
    })
    .filter(([, fixture]) => fixture.expect !== undefined);
}

export function bytesOf({ path, file }: Pick<Fixture, "path" | "file">): Uint8Array {
  return readFileSync(join(path, file)); // a Buffer, often within a larger one
}

/** The model itself: of a folder its model.json. */
export function fileOf({ file, files }: Fixture): string {
  return files?.find((name) => name.endsWith("/model.json")) ?? file;
}

/** Reads a fixture as its JSON says. */
export function readFixture(fixture: Fixture, given?: Uint8Array): Promise<ReadModel> {
  const file = fileOf(fixture);
  const bytes = given ?? bytesOf({ ...fixture, file });
  const beside = (fixture.files ?? []).filter((name) => existsSync(join(fixture.path, name)));
  const files = Object.fromEntries(beside.map((name) => [basename(name), bytesOf({ path: fixture.path, file: name })]));
  return readModel(bytes, { name: basename(file), files, ...fixture.options });
}

function expectNear(given: ArrayLike<number>, expected: readonly number[], what: string): void {
  const scale = Math.max(1, ...expected.map(Math.abs));
  expect(given.length, what).toBe(expected.length);
  const worst = expected.reduce((most, value, i) => {
    const gap = Math.abs(value - given[i]);
    return Number.isNaN(gap) ? Infinity : Math.max(most, gap);
  }, 0);
  expect(worst / scale, what).toBeLessThan(TOLERANCE);
}

/** Each layer's numbers on rows of x, in float64, from the weights of the network. */
function passes(network: Network, x: readonly number[], rows: number) {
  const { inputs } = network.layers[0];
  const layers = network.layers.map(({ units, activation, getWeights }, index) => {
    const { kernel, bias, alpha } = getWeights.call(network.layers[index]);
    return {
      activation: { name: activation.name, alpha: activation.alpha },
      kernel: Array.from({ length: kernel.length / units }, (_, i) => [...kernel.subarray(i * units, (i + 1) * units)]),
      bias: [...bias],
      ...(alpha && { alpha: [...alpha] }),
    };
  });
  return forward(
    layers,
    Array.from({ length: rows }, (_, row) => x.slice(row * inputs, (row + 1) * inputs)),
  );
}

function checkHidden(network: Network, fixture: Fixture): void {
  const all = passes(network, fixture.x, fixture.rows);
  fixture.hidden64?.forEach((hidden, layer) =>
    expectNear(all[layer].a.slice(0, fixture.shownRows).flat(), hidden, `hidden layer ${layer}`),
  );
  fixture.dead?.forEach((dead, layer) => {
    const { z } = all[layer];
    const units = z[0].map((_, unit) => unit).filter((unit) => z.every((row) => row[unit] <= 0));
    const isRelu = network.layers[layer].activation.name === "relu";
    expect(isRelu ? units : [], `dead units of layer ${layer}`).toEqual(dead);
  });
}

/** The model does what its program does. */
export async function checkImport(model: ReadModel, fixture: Fixture): Promise<void> {
  using network = await model.toNetwork({ arithmetic: "reproducible" });
  const { shownRows, inputs, y64, logits64 } = fixture;
  const x = Float32Array.from(fixture.x.slice(0, shownRows * inputs));
  const rows = { rows: shownRows, columns: inputs, data: x };
  expect(network.spec.inputs).toBe(inputs);
  if (logits64 && logits64.length > 0) expectNear(network.predict(rows, { logits: true }).data, logits64, "logits");
  if (model.head === "none" || model.head === fixture.head)
    if (model.head !== "logSoftmax") expectNear(network.predict(rows).data, y64, "outputs");
  if (fixture.head !== undefined) expect(model.head).toBe(fixture.head);
  if (fixture.expect !== "import") return;
  expect(model.spec.layers.map(({ units }) => units)).toEqual(fixture.layers!.map(({ units }) => units));
  checkHidden(network, fixture);
}

const CODES = ["format", "unsupported", "memory"];

/** Refused, by one of the words. */
export function checkRefusal(error: unknown, { words = [] }: Fixture): void {
  const { name, code, message } = error as RelumineError;
  expect({ name, message }).toMatchObject({ name: "RelumineError" });
  expect(CODES).toContain(code);
  const said = message.toLowerCase();
  if (words.length > 0)
    expect(
      words.filter((word) => said.includes(word.toLowerCase())),
      message,
    ).not.toEqual([]);
}

/** A fixture, as it says itself. */
export async function checkFixture(fixture: Fixture): Promise<void> {
  let model: ReadModel;
  try {
    model = await readFixture(fixture);
  } catch (error) {
    if (fixture.expect === "import") throw error;
    return checkRefusal(error, fixture);
  }
  expect(fixture.expect, "it must be refused").not.toBe("refuse");
  if (fixture.x !== undefined) await checkImport(model, fixture);
}

const MOST_MS = 2000;

/** A file that lies: refused, or read rightly where it may be, within time, with no prototype touched. */
export async function checkHostile(fixture: Fixture): Promise<void> {
  const before = prototypes();
  const elapsed = startWatch();
  let model: ReadModel | undefined;
  try {
    model = await readFixture(fixture);
  } catch (error) {
    checkRefusal(error, fixture);
  }
  expect(elapsed()).toBeLessThan(MOST_MS);
  expect(prototypes()).toEqual(before);
  expect(Reflect.ownKeys({}.constructor.prototype as object)).not.toContain("polluted");
  if (model === undefined) return;
  expect(fixture.expect, "it must be refused").toBe("either");
  if (fixture.y64 !== undefined) await checkImport(model, fixture);
}
