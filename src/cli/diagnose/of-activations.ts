// `relumine diagnose ACTIVATIONS.npz ...`: what a network's layers did on some rows, from files that a hook wrote.
import type { Judged } from "./judged.js";
import { withDataFile } from "../data-file.js";
import { about, openFile } from "../files.js";
import { refuseOptions } from "../models/load-subject.js";
import { MODEL_OPTION_NAMES } from "../models/model-options.js";
import type { OtherModelOptions } from "../models/other-subject.js";
import type { Terminal } from "../terminal.js";
import type { DataSource } from "../../arrays/open.js";
import { RelumineError } from "../../core/errors.js";
import { isZip } from "../../core/packed.js";
import { countOf } from "../../text/numbers.js";
import { onOneLine } from "../../text/printable.js";

/** What a model or a table may need, and these files don't. */
const WITHOUT_EFFECT = [
  ...MODEL_OPTION_NAMES.filter((name) => name !== "activation"),
  "target",
  "array",
  "raw",
  "rawTarget",
  "ignore",
  "columns",
  "like",
  "scaling",
  "divisor",
];

/** Whether a file holds what layers did, by the names in it: others are asked no further. */
export async function holdsActivations(file: string): Promise<boolean> {
  if (!/\.npz$/i.test(file)) return false;
  const { ZipFile } = await import("../../arrays/zip.js");
  const { areActivations } = await import("../../arrays/activation-layers.js");
  const { isArrayName, withoutEnding } = await import("../../arrays/npy.js");
  const source = await openFile(file, file, { expected: "to be an .npz" });
  if (!source) return false;
  try {
    if (!isZip(await source.read(0, Math.min(4, source.size)))) return false;
    return await about(file, async () =>
      areActivations((await ZipFile.open(source)).names().filter(isArrayName).map(withoutEnding)),
    );
  } finally {
    await source.close();
  }
}

/** A file whose names do not say that it holds what layers did may be a model's weights. */
function askForRows(error: unknown): unknown {
  if (!(error instanceof RelumineError)) return error;
  const { code, path, expected, given } = error;
  return new RelumineError(code, path, expected, given, "A model wants rows, too: relumine diagnose MODEL DATA");
}

/** All files open at once. */
function withFiles<T>(files: readonly string[], task: (sources: DataSource[]) => Promise<T>): Promise<T> {
  const [first, ...rest] = files;
  if (first === undefined) return task([]);
  return withDataFile(first, (source) => withFiles(rest, (sources) => task([source, ...sources])));
}

/**
 * @param files with the same layers, whose rows follow each other
 * @throws RelumineError about a file
 */
export function judgeActivations(
  files: readonly string[],
  { activation, prove, ...options }: OtherModelOptions & { readonly prove: boolean },
  terminal: Terminal,
): Promise<Judged> {
  const why = `${files[0]} holds no model, but what layers did`;
  refuseOptions({ ...options, ...(prove && { prove }) }, [...WITHOUT_EFFECT, "prove"], why);
  return withFiles(files, async (sources) => {
    const [{ readActivations }, { diagnoseActivations }] = await Promise.all([
      import("../../arrays/activation-layers.js"),
      import("../../index.js"),
    ]);
    const onProgress = terminal.startShare("reading");
    const { layers, notes, diagnosis } = await readActivations(sources, { ...(activation && { activation }) })
      .then(async (read) => ({
        ...read,
        diagnosis: await diagnoseActivations({ layers: read.layers }, { onProgress }),
      }))
      .catch(async (error: unknown) => {
        throw (await holdsActivations(files[0])) ? error : askForRows(error);
      });
    const [file, ...more] = files;
    const isOpen = activation === undefined && layers.some((layer) => layer.activation === undefined);
    const taken = "layers whose activation the file does not say are taken for relu; --activation says otherwise";
    return {
      text: `${onOneLine(file)}: what ${countOf(layers.length, "layer")} did`,
      document: {
        file,
        ...(more.length > 0 && { files }),
        format: "activations",
        layers: diagnosis.layers.map(({ name }) => name),
        notes,
      },
      data: { name: files.join(", "), rows: diagnosis.samples, notes: isOpen ? [...notes, taken] : notes },
      diagnosis,
    };
  });
}
