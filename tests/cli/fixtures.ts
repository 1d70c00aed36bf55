// Models of other programs for the command line: where they lie, what has to be said of them, and their rows as a file.
import { join } from "node:path";
import type { Folder } from "./run.js";
import { type Fixture, fixturesIn } from "../models/fixtures.js";
import { npyFile } from "../support/array-files.js";

/** The fixture of that name, as `onnx/relu-dead.ts17.onnx`. */
export function fixture(path: string): Fixture {
  const [folder, ...name] = path.split("/");
  const found = fixturesIn(folder).find(([each]) => each === name.join("/"));
  if (found === undefined) throw new Error(`there is no fixture ${path}`);
  return found[1];
}

/** The path of its model: of a TensorFlow.js model the folder. */
export function pathOf({ path, file }: Fixture): string {
  return join(path, file);
}

function word(activation: unknown): string {
  if (typeof activation === "string") return activation;
  const { name, alpha } = activation as { name: string; alpha?: number };
  return alpha === undefined ? name : `${name}:${alpha}`;
}

/** What a caller has to say, as options of the command line. */
export function optionsOf({ options: { activation, head, order } = {} }: Fixture): string[] {
  return [
    ...(activation ? ["--activation", [activation].flat().map(word).join(",")] : []),
    ...(head ? ["--head", head] : []),
    ...(order ? ["--order", order.join(",")] : []),
  ];
}

/** Its rows as a .npy file in the folder. */
export function rowsOf(folder: Folder, name: string, { x, rows, inputs }: Fixture): string {
  return folder.write(`${name.replaceAll("/", "-")}.npy`, npyFile([rows, inputs], x));
}
