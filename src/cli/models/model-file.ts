// A model's file by any program, with the files beside it that it names: shards of TensorFlow.js, external data of
// ONNX. Of these only such are opened as lie in the model's own folder, whatever the file says and wherever links lead.
import { realpath, stat } from "node:fs/promises";
import { basename, dirname, join, sep } from "node:path";
import { about, MAX_MODEL_BYTES, readBytes, statIfThere } from "../files.js";
import { reasonOf } from "../../files/reads.js";
import { describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { isZip } from "../../core/packed.js";
import type { FileFormat } from "../../models/format.js";

export interface ModelFile {
  /** As the user named it. */
  readonly file: string;
  /** The file itself: of a folder, its model.json. */
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly format: FileFormat;
  /** By the names that the model gives them. */
  readonly beside: ReadonlyMap<string, Uint8Array>;
}

const EXPECTED = "to be a model's file, or a folder with the model.json of TensorFlow.js";
const MODEL_JSON = "model.json";
/** As SAELens calls it, in a folder with cfg.json. */
const AUTOENCODER = "sae_weights.safetensors";

/** Of a folder the file in it. */
async function modelPath(file: string): Promise<string> {
  const isFolder = (await stat(file).catch(() => undefined))?.isDirectory() === true;
  if (!isFolder) return file;
  for (const name of [MODEL_JSON, AUTOENCODER]) {
    const path = join(file, name);
    if (await statIfThere(path).catch(() => undefined)) return path;
  }
  const isSaved = (await statIfThere(join(file, "saved_model.pb")).catch(() => undefined)) !== undefined;
  throw isSaved
    ? new RelumineError(
        "unsupported",
        file,
        EXPECTED,
        "a SavedModel of TensorFlow",
        'Save it as Keras: model.save("model.keras")',
      )
    : new RelumineError("format", file, EXPECTED, `a folder without ${MODEL_JSON}`);
}

/**
 * Where the files beside a model may lie: in its folder, and, where it is a link itself, in that of what it leads to.
 */
async function foldersOf(path: string): Promise<string[]> {
  return Promise.all([realpath(dirname(path)), realpath(path).then(dirname)]);
}

async function readBeside(path: string, name: string): Promise<Uint8Array> {
  const refuse = (given: string) =>
    new RelumineError("format", describe(name), "to lie beside the model, which names it", given);
  const place = await realpath(join(dirname(path), name)).catch((error: unknown) => {
    throw refuse(reasonOf(error));
  });
  const folders = await foldersOf(path);
  if (!folders.some((folder) => place.startsWith(folder.endsWith(sep) ? folder : folder + sep)))
    throw refuse("a link that leads out of its folder");
  if (!(await stat(place)).isFile()) throw refuse("no file");
  return readBytes(place, describe(name), { expected: "to be a file beside the model", maxBytes: MAX_MODEL_BYTES });
}

type Parts = Pick<ModelFile, "bytes" | "format" | "beside">;

/** A TensorFlow.js model as one archive, as `relumine treat` and `convert` write it: its files are the entries. */
async function unpacked(bytes: Uint8Array): Promise<Parts | undefined> {
  const { ZipArchive } = await import("../../arrays/zip.js");
  const archive = isZip(bytes) ? new ZipArchive(bytes) : undefined;
  if (!archive?.has(MODEL_JSON) || archive.has("config.json")) return undefined;
  const model = archive.read(MODEL_JSON);
  const named = (await filesNamed(model, "tfjs")).filter((name) => archive.has(name));
  return { bytes: model, format: "tfjs", beside: new Map(named.map((name) => [name, archive.read(name)])) };
}

async function filesNamed(bytes: Uint8Array, format: FileFormat): Promise<string[]> {
  return (await import("../../models/named-files.js")).filesNamedBy(bytes, format);
}

async function withBeside(path: string, bytes: Uint8Array): Promise<Parts> {
  const { formatOf } = await import("../../models/format.js");
  const format = formatOf(bytes, basename(path));
  const beside = new Map<string, Uint8Array>();
  for (const name of await filesNamed(bytes, format)) beside.set(name, await readBeside(path, name));
  return { bytes, format, beside };
}

/**
 * Reads a model's file and what it names beside it.
 * @throws RelumineError "format", "unsupported" or "memory"; the message begins with the file's name
 */
export function readModelFile(file: string): Promise<ModelFile> {
  return about(file, async () => {
    const path = await modelPath(file);
    const bytes = await readBytes(path, file, { expected: EXPECTED, maxBytes: MAX_MODEL_BYTES });
    return { file, path, ...((await unpacked(bytes)) ?? (await withBeside(path, bytes))) };
  });
}

/** Where its files lie. */
export function pathsOf({ path, beside }: ModelFile): string[] {
  return [path, ...[...beside.keys()].map((name) => join(dirname(path), name))];
}
