// Networks as files of other programs: which format a place asks for, whether it can be written there, and the writing.
//   onnx      NAME.onnx
//   tfjs      a folder of model.json and weights.bin, new or empty; or NAME.zip of both
//   torch     NAME.safetensors, in the names of PyTorch's nn.Sequential
//   relumine  NAME.safetensors
import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import { checkFolder, checkPlace, followLinks, statIfThere } from "../files.js";
import { reasonOf } from "../../files/reads.js";
import { saveFile, temporaryFor } from "../save-file.js";
import { RelumineError } from "../../core/errors.js";
import type { Network } from "../../index.js";
import type { ReadModel, WrittenFormat } from "../../models.js";
import type { FileFormat } from "../../models/format.js";
import { FORMAT_WORDS } from "../../report/model-text.js";

export const WRITTEN_FORMATS: readonly WrittenFormat[] = ["onnx", "tfjs", "torch", "relumine"];

/** Of the option that names one. */
export const WRITTEN_HELP = `instead of the one that the file's ending says: ${WRITTEN_FORMATS.join(", ")}`;

/** What is written of a model that was read. */
const BACK: Readonly<Partial<Record<FileFormat, WrittenFormat>>> = {
  onnx: "onnx",
  tfjs: "tfjs",
  safetensors: "torch",
  relumine: "relumine",
};

/** What nothing here writes, by the ending that asks for it. */
const UNWRITTEN: Readonly<Record<string, string>> = {
  ".keras": "a .keras file",
  ".h5": "an .h5 file",
  ".hdf5": "an .h5 file",
  ".pt": "a pickle",
  ".pth": "a pickle",
  ".ckpt": "a pickle",
  ".npz": "an .npz file",
  ".pb": "a SavedModel",
};

const INSTEAD =
  "Take .onnx (any framework), .safetensors (PyTorch: torch's names) or a folder (TensorFlow.js, which the Keras " +
  "converter of tensorflowjs reads)";

/** The file of a TensorFlow.js model that stands for its folder. */
const MODEL_JSON = /(?<=^|[/\\])model\.json$/i;

/** The folder that a place names, by its model.json perhaps. @throws RelumineError "value" */
function folderOf(place: string, option: string): string {
  const folder = place.replace(MODEL_JSON, "");
  if (/\.json$/i.test(folder)) {
    const expected = "to be a folder, or the model.json in one";
    throw new RelumineError("value", `${option} ${place}`, expected, "another .json file");
  }
  return folder.replace(/(?<!^)[/\\]+$/, "") || ".";
}

/** The format that a place asks for by its ending; undefined where it is open. */
function formatOfPlace(place: string, option: string, from: FileFormat): WrittenFormat | undefined {
  const ending = extname(place).toLowerCase();
  const unwritten = UNWRITTEN[ending];
  const path = `${option} ${place}`;
  if (unwritten !== undefined)
    throw new RelumineError("unsupported", path, "to be a format that can be written", unwritten, INSTEAD);
  if (ending === ".onnx") return "onnx";
  if (ending === ".safetensors") return from === "relumine" ? "relumine" : "torch";
  if (ending === ".zip" || ending === ".json" || /[/\\]$/.test(place)) return "tfjs";
  return undefined;
}

/** Where a network is to be written. */
export interface Target {
  readonly format: WrittenFormat;
  /** As the user named it. */
  readonly place: string;
  /** Of a model of two files: a folder for them. */
  readonly isFolder: boolean;
}

export interface TargetQuestion {
  readonly place: string;
  /** The option or argument that named it. */
  readonly option: string;
  /** What the user says. */
  readonly format?: WrittenFormat;
  readonly from: FileFormat;
  /** Files that are not to be overwritten: the model's own, and the rows'. */
  readonly sources: readonly string[];
}

function writtenFormat({ place, option, format, from }: TargetQuestion): WrittenFormat {
  const found = format ?? formatOfPlace(place, option, from) ?? BACK[from];
  if (found !== undefined) return found;
  const given = `none for what is read from ${FORMAT_WORDS[from]}`;
  throw new RelumineError("unsupported", `${option} ${place}`, "to have a format that can be written", given, INSTEAD);
}

/**
 * A new folder, or one with nothing in it: files of another model beside would be no whole.
 * @returns its place, links followed
 */
async function checkNewFolder(place: string, option: string): Promise<string> {
  const refuse = (given: string): never => {
    const expected = "to be a new folder, or an empty one, in a folder that may be written";
    throw new RelumineError("value", `${option} ${place}`, expected, given);
  };
  const real = await followLinks(place);
  await checkFolder(dirname(real), refuse);
  const status = await statIfThere(real).catch((error: unknown) => refuse(reasonOf(error)));
  if (status && !status.isDirectory()) refuse("a file");
  if (status && (await readdir(real)).length > 0) refuse("one with files in it");
  return real;
}

/**
 * Can the model be written there? Asked before the work.
 * @throws RelumineError "value", or "unsupported" for a format that is not written
 */
export async function checkTarget(question: TargetQuestion): Promise<Target> {
  const { place, option, sources } = question;
  const format = writtenFormat(question);
  const isFolder = format === "tfjs" && extname(place).toLowerCase() !== ".zip";
  const path = isFolder ? folderOf(place, option) : place;
  const real = isFolder ? await checkNewFolder(path, option) : await checkPlace(path, undefined, option);
  for (const source of sources)
    if ((await followLinks(source)) === real)
      throw new RelumineError("value", `${option} ${place}`, "to be another file than what is read", "the same");
  return { format, place: path, isFolder };
}

/** A model's file that was written. */
export interface WrittenFile {
  readonly file: string;
  readonly bytes: number;
}

/** Both files at once: the folder is moved to its place when they are whole. */
async function saveFolder(place: string, files: ReadonlyMap<string, Uint8Array>): Promise<WrittenFile[]> {
  const real = await followLinks(place);
  const temporary = temporaryFor(real);
  try {
    await mkdir(temporary);
    for (const [name, bytes] of files) await saveFile(join(temporary, name), bytes);
    await rmdir(real).catch(() => undefined); // an empty one, which not every system lets a folder replace
    await rename(temporary, real);
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    if (error instanceof RelumineError) throw error;
    throw new RelumineError("value", place, "to be written", reasonOf(error));
  }
  return [...files].map(([name, bytes]) => ({ file: join(place, name), bytes: bytes.length }));
}

/** What is written besides the network. */
export interface WrittenBesides {
  /** Of "relumine": what the file says besides. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Of "torch": the parameters' names; of "onnx": those of its input and output; what the model ends with. */
  readonly names?: Pick<ReadModel, "parameters" | "ends"> & Partial<Pick<ReadModel, "head">>;
}

/** The names that a model came with, and the head where `predict` leaves it out. */
export function namesOf({ parameters, ends, head }: ReadModel): WrittenBesides["names"] {
  return {
    ...(head === "logSoftmax" && { head }),
    ...(parameters && { parameters }),
    ...(ends && { ends }),
  };
}

/** A model that was written. */
export interface WrittenModel {
  readonly format: WrittenFormat;
  readonly files: readonly WrittenFile[];
  /** Python that loads it, line by line. */
  readonly python?: readonly string[];
}

/** The model's own file, by the library's name. */
const SAFETENSORS = "model.safetensors";
const PROGRAM = "load.py";

function pythonFor(program: Uint8Array | undefined, place: string): string[] {
  const file = JSON.stringify(basename(place));
  if (program === undefined)
    return ["from safetensors.torch import load_file", `model.load_state_dict(load_file(${file}))`];
  return new TextDecoder().decode(program).trimEnd().replace(JSON.stringify(SAFETENSORS), file).split("\n");
}

/**
 * Writes a network, wholly or not at all.
 * @throws RelumineError
 */
export async function saveModel(
  network: Network,
  { format, place, isFolder }: Target,
  besides: WrittenBesides = {},
): Promise<WrittenModel> {
  const files = await filesOf(network, format, besides);
  if (isFolder) return { format, files: await saveFolder(place, files) };
  const program = files.get(PROGRAM);
  files.delete(PROGRAM);
  const bytes = files.size === 1 ? [...files.values()][0] : (await import("../../arrays/write-zip.js")).zipOf(files);
  await saveFile(place, bytes);
  const written = { format, files: [{ file: place, bytes: bytes.length }] };
  return format === "torch" ? { ...written, python: pythonFor(program, place) } : written;
}

async function filesOf(
  network: Network,
  format: WrittenFormat,
  { metadata = {}, names = {} }: WrittenBesides,
): Promise<Map<string, Uint8Array>> {
  if (format !== "relumine") return (await import("../../models.js")).writeModel(network, format, names);
  const { exportNetwork } = await import("../../index.js");
  return new Map([[SAFETENSORS, await exportNetwork(network, "safetensors", { metadata })]]);
}
