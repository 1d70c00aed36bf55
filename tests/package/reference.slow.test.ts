// What `npm run docs -- --check` asks of the documentation, each fault with code that has it. The package's own
// documentation is checked by `npm run check`.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { newFolder } from "../support/folder.js";
import { root } from "./install.js";

interface Checked {
  readonly logger: { warn(message: string): void; error(message: string): void };
}
interface Docs {
  open(entries: readonly string[], tsconfig: string): Promise<Checked>;
  check(app: Checked): Promise<unknown>;
}

const folder = newFolder("reference");
writeFileSync(join(folder, "package.json"), `{ "name": "documented" }`); // TypeDoc tells its own from others' by it
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function faultsOf(name: string, source: string): Promise<string[]> {
  const { open, check } = (await import(join(root, "scripts/docs.mjs"))) as Docs;
  const file = join(folder, `${name}.ts`);
  const tsconfig = join(folder, `${name}.json`);
  writeFileSync(file, source);
  writeFileSync(tsconfig, JSON.stringify({ compilerOptions: { strict: true, types: [] }, files: [file] }));
  const app = await open([file], tsconfig);
  const faults: string[] = [];
  app.logger.warn = app.logger.error = (message) => void faults.push(message);
  await check(app);
  return faults;
}

const DATA = `/** Rows. */\nexport type Samples = readonly number[][];\n`;
const DOCUMENTED = `${DATA}
/** Options. */
export interface Options {
  /** How many. */
  readonly count?: number;
}
/**
 * Does it.
 * @param x rows x inputs
 * @cost one pass over x
 * @throws RelumineError "shape"
 * @example await act(x, {});
 */
export function act(x: Samples, options: Options): void { void x; void options; }
/** What acts. */
export interface Actor {
  /**
   * Acts.
   * @throws RelumineError "disposed"
   */
  act(x: number): void;
}
`;

test("what is documented in full passes", async () => {
  expect(await faultsOf("full", DOCUMENTED)).toEqual([]);
});

test.each([
  ["no cost", " * @cost one pass over x\n", "", /act lacks @cost/],
  ["no errors", ` * @throws RelumineError "shape"\n`, "", /act lacks @throws/],
  ["errors without a code", `RelumineError "shape"`, "an error", /act lacks the errors' codes/],
  ["no example", " * @example await act(x, {});\n", "", /act lacks @example/],
  ["data without its shape", "rows x inputs", "the data", /act lacks @param x with its shape/],
  ["a field without a word", "  /** How many. */\n", "", /Options\.count.*does not have any documentation/],
  ["a type without a word", "/** Options. */\n", "", /Options.*does not have any documentation/],
  ["a method without its errors", `\n   * @throws RelumineError "disposed"`, "", /Actor\.act lacks @throws/],
  ["a type that is not exported", "export interface Options", "interface Options", /Options.*not included/],
])("%s is found", async (name, part, without, message) => {
  expect(DOCUMENTED).toContain(part);
  const faults = await faultsOf(name.replaceAll(" ", "-"), DOCUMENTED.replace(part, without));
  expect(faults).toEqual([expect.stringMatching(message)]);
});
