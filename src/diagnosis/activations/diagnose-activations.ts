// The diagnosis of layers of any network, from what they did on some rows: given at once, or in blocks as they come.
import {
  type ActivationLayer,
  type BlockLayer,
  type LayerBlock,
  readBlockLayer,
  readLayer,
  type ReadLayer,
  type ReadLayerWithValues,
  type StreamedLayer,
  watchedLayer,
} from "./layers.js";
import { type BlockSource, readValues, type ReadValues } from "./values.js";
import { judgeObservation, type JudgeOptions, judgeSteps, readThresholds } from "../judge-observation.js";
import type { Diagnosis, DiagnoseOptions, ObservedUnit } from "../types.js";
import { Blocks, isBlocks, readSource, type SampleBlocks } from "../../core/blocks.js";
import { checkOptions, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { checkPace, Pace, PACE_OPTIONS, type PaceOptions } from "../../core/pace.js";
import { ActivationWatch } from "../../inspect/activation-watch.js";
import { BY_INDEX } from "../../text/naming.js";
import { onOneLine } from "../../text/printable.js";

/** Options of `diagnoseActivations`. */
export type ActivationOptions = Pick<DiagnoseOptions, "rareBelow" | "dormantBelow">;

/** What `diagnoseActivations` says: of layers whose preactivations are not known without what hangs on them. */
export type ActivationDiagnosis = Diagnosis<ObservedUnit>;

/** Layers that are all at hand. */
export interface GivenLayers {
  /** Each after the one that feeds it, where that is said. */
  readonly layers: readonly ActivationLayer[];
}

/** Layers some of which come in blocks, one layer after the other. */
export interface StreamedLayers {
  /** Each after the one that feeds it, where that is said. */
  readonly layers: readonly StreamedLayer[];
}

/** Layers that come together: each block holds the same rows of all of them. */
export interface LayersInBlocks {
  /** Each after the one that feeds it, where that is said. */
  readonly layers: readonly BlockLayer[];
  /** By layers' names: an async iterable for one pass, or what opens one. */
  readonly blocks: AsyncIterable<LayerBlock> | BlockSource<LayerBlock>;
}

const OPTIONS = ["rareBelow", "dormantBelow"] as const;
/** Numbers that are added before others have their turn: some milliseconds. */
const PIECE = 2 ** 20;

function judgeOptions(layers: readonly ReadLayer[], options: ActivationOptions): JudgeOptions {
  const layer = (index: number) => onOneLine(layers[index].name);
  return { thresholds: readThresholds(options), naming: { ...BY_INDEX, layer } };
}

/** Of layers whose first numbers say how many units they have. */
function watchOf(layers: readonly ReadLayer[], first: readonly ReadValues[]): ActivationWatch {
  return new ActivationWatch(layers.map((layer, index) => watchedLayer(layer, first[index].shape)));
}

/** Adds a block a piece of its rows at a time. */
async function addInPieces(
  watch: ActivationWatch,
  { name, which }: ReadLayer,
  { data, shape }: ReadValues,
  turn: () => Promise<void> | undefined,
): Promise<void> {
  const size = data.length / Math.max(1, shape[0]);
  const rows = Math.max(1, Math.floor(PIECE / Math.max(1, size)));
  for (let row = 0; row < shape[0]; row += rows) {
    const count = Math.min(rows, shape[0] - row);
    watch.add(name, data.subarray(row * size, (row + count) * size), [count, ...shape.slice(1)], which);
    await turn();
  }
}

interface ValueBlock {
  readonly read: ReadValues;
  /** Rows of all blocks, where they are known. */
  readonly total: number | undefined;
}

/** 0 where the total is not known; a source may tell too small a one. */
function shareOf(rows: number, total: number | undefined): number {
  return total ? Math.min(1, rows / total) : 0;
}

/** The numbers of one layer, block by block. */
async function* valuesOf(
  { path, which, values }: ReadLayerWithValues,
  signal: AbortSignal | undefined,
): AsyncGenerator<ValueBlock, void> {
  if (!("blocks" in values)) return yield { read: values, total: values.shape[0] };
  const source = readSource(`${path}.${which}`, values.blocks);
  const blocks = new Blocks(`${path}.${which}`, source, signal);
  try {
    for (let next = await blocks.next(); next; next = await blocks.next()) {
      const read = readValues(next.path, next.block);
      if (read.shape[0] > 0) yield { read, total: source.rows };
    }
  } finally {
    await blocks.close();
  }
}

/** One layer after the other. */
async function watchLayers(
  layers: readonly ReadLayerWithValues[],
  pace: Pace,
  signal: AbortSignal | undefined,
): Promise<ActivationWatch> {
  const streams = layers.map((layer) => valuesOf(layer, signal));
  try {
    const firsts: ValueBlock[] = [];
    for (const [index, stream] of streams.entries()) {
      const { value } = await stream.next();
      if (!value) throw new RelumineError("shape", layers[index].path, "to have at least one row", "none");
      firsts.push(value);
    }
    const watch = watchOf(
      layers,
      firsts.map(({ read }) => read),
    );
    for (const [index, layer] of layers.entries()) {
      let rows = 0;
      for (let next: ValueBlock | void = firsts[index]; next; next = (await streams[index].next()).value) {
        const { read, total } = next;
        const share = (index + shareOf(rows, total)) / layers.length;
        await addInPieces(watch, layer, read, () => pace.at(share));
        rows += read.shape[0];
      }
    }
    return watch;
  } finally {
    for (const stream of streams) await stream.return();
  }
}

/** All layers together. */
async function watchTogether(
  layers: readonly ReadLayer[],
  given: LayersInBlocks["blocks"],
  pace: Pace,
  signal: AbortSignal | undefined,
): Promise<ActivationWatch> {
  const source = readSource("blocks", given as unknown as SampleBlocks);
  const blocks = new Blocks("given", source, signal);
  let watch: ActivationWatch | undefined;
  try {
    let rows = 0;
    for (let next = await blocks.next(); next; next = await blocks.next()) {
      const read = layers.map(({ name }) => readValues(`${next!.path}[${describe(name)}]`, memberOf(next!, name)));
      watch ??= watchOf(layers, read);
      checkSameRows(next.path, layers, read);
      const { rows: total } = source;
      for (const [index, layer] of layers.entries())
        await addInPieces(watch, layer, read[index], () => pace.at(shareOf(rows, total)));
      rows += read[0].shape[0];
    }
  } finally {
    await blocks.close();
  }
  if (watch) return watch;
  throw new RelumineError("shape", "blocks", "to have at least one row", "none");
}

/** Of the same number they need not be the same rows; of another they are not. */
function checkSameRows(path: string, layers: readonly ReadLayer[], read: readonly ReadValues[]): void {
  const [rows] = read[0].shape;
  const other = read.findIndex(({ shape }) => shape[0] !== rows);
  if (other < 0) return;
  const expected = `to have ${rows} rows, as ${describe(layers[0].name)} has`;
  const name = describe(layers[other].name);
  throw new RelumineError("shape", `${path}[${name}]`, expected, `${read[other].shape[0]}`);
}

function memberOf({ path, block }: { readonly path: string; readonly block: unknown }, name: string): unknown {
  if (typeof block === "object" && block !== null && Object.hasOwn(block, name))
    return block[name as keyof typeof block];
  throw new RelumineError("value", path, `to have the numbers of ${describe(name)}`, describe(block));
}

async function diagnoseInBlocks(
  layers: readonly ReadLayer[],
  options: (ActivationOptions & PaceOptions) | undefined,
  watchAll: (pace: Pace, signal: AbortSignal | undefined) => Promise<ActivationWatch>,
): Promise<ActivationDiagnosis> {
  const given = checkOptions("diagnoseActivations", options, [...OPTIONS, ...PACE_OPTIONS]);
  const judged = judgeOptions(layers, given);
  const pacing = checkPace(given);
  const pace = new Pace(pacing);
  pace.begin(0.99);
  const watch = await watchAll(pace, pacing.signal);
  pace.begin(1);
  const diagnosis = await pace.run(judgeSteps(watch.finish(), judged));
  await pace.end();
  return diagnosis;
}

/**
 * Which units of any network's layers are dead, from what they did on some rows: another program's preactivations, or
 * activations, are all that is needed. A place of a row (a pixel, a token) is a sample like any other; units are
 * channels. With a bias (and a kernel) each dead unit is told how it is closed and what would revive it; `inputs` tells
 * silent inputs, and what no training on these rows can open. Of activations alone what hangs on preactivations is
 * absent, and units of gelu, silu and others that are not monotone are never "dead", as their 0 may be that of z = 0.
 * @param given layers: each with preactivations or activations, rows x units or with more axes
 * @param options rareBelow (0.01) and dormantBelow (0.025), as for `diagnose`
 * @cost some nanoseconds a number, more for smooth activations; memory by units
 * @throws RelumineError "value" or "shape"
 * @example
 * const diagnosis = diagnoseActivations({
 *   layers: [{ name: "conv1", preactivations: { data, shape: [100, 32, 28, 28] }, bias }],
 * });
 * console.log(`${diagnosis.dead} of ${diagnosis.units} channels are dead`);
 * console.log(String(diagnosis));
 */
export function diagnoseActivations(given: GivenLayers, options?: ActivationOptions): ActivationDiagnosis;
/**
 * The same of numbers that come in blocks and need not fit in memory, in slices of about a frame; to the bit what all
 * rows at once give, however the blocks are cut.
 * @param given layers whose numbers are async iterables of blocks of rows, or sources { rows?, blocks() }, read one
 *   layer after the other; or layers and `blocks`, each of which holds the same rows of all layers by name
 * @param options also signal and onProgress
 * @cost as above, and of units that have not fired so far the largest hundredth of the rows' numbers, up to 256 MB
 * @throws RelumineError as a rejection; and what the source throws
 * @example
 * async function* blocks() {
 *   for await (const batch of batches) yield { conv1: await hiddenOf(batch) }; // { data, shape }
 * }
 * const diagnosis = await diagnoseActivations({ layers: [{ name: "conv1" }], blocks: blocks() });
 */
export function diagnoseActivations(
  given: StreamedLayers | LayersInBlocks,
  options?: ActivationOptions & PaceOptions,
): Promise<ActivationDiagnosis>;
export function diagnoseActivations(
  given: GivenLayers | StreamedLayers | LayersInBlocks,
  options?: ActivationOptions & PaceOptions,
): ActivationDiagnosis | Promise<ActivationDiagnosis> {
  const { layers, blocks } = checkOptions<{ layers?: unknown; blocks?: LayersInBlocks["blocks"] }>("given", given, [
    "layers",
    "blocks",
  ]);
  if (!Array.isArray(layers) || layers.length === 0)
    throw new RelumineError("shape", "layers", "to be an array of one layer or more", describe(layers));
  if (blocks !== undefined) {
    const read = layers.map(readBlockLayer);
    if (!isBlocks(blocks))
      throw new RelumineError("value", "blocks", "to be an async iterable, or a source { blocks() }", describe(blocks));
    return diagnoseInBlocks(read, options, (pace, signal) => watchTogether(read, blocks, pace, signal));
  }
  const read = layers.map(readLayer);
  if (read.some(({ values }) => "blocks" in values))
    return diagnoseInBlocks(read, options, (pace, signal) => watchLayers(read, pace, signal));
  const judged = judgeOptions(read, checkOptions("diagnoseActivations", options, OPTIONS));
  const values = read.map((layer) => layer.values as ReadValues);
  const watch = watchOf(read, values);
  read.forEach(({ name, which }, index) => watch.add(name, values[index].data, values[index].shape, which));
  return judgeObservation(watch.finish(), judged);
}
