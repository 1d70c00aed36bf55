// What was seen of a network over some rows: all that a diagnosis is made from. It may come from this package's own
// networks, or from whatever else ran one: only `rows` and `layers` are always there.
import type { PreparedTargets } from "../network/data.js";
import { type Loss, type LossSpec, readsPreactivations } from "../network/losses.js";
import type { NormalizationKind } from "../network/normalization.js";
import { hasShift, type ResolvedSpec } from "../network/spec.js";
import type { Optimizer } from "../network/training/optimizers.js";
import type { EpochLog } from "../network/types.js";
import type { NetworkState } from "../network/state/state.js";
import type { JudgedActivation } from "../activations/analysis.js";
import { brokenUnits } from "./broken-units.js";
import { watchClosedRows, watchClosedUnits } from "./watch-closed.js";
import { activationCode, BATCH_COUNTERS } from "../wasm/abi.js";
import { RelumineError } from "../core/errors.js";
import { isDense, type Matrix, type SampleRows, shownMatrix } from "../core/matrix.js";
import { isSparse, measureSparse, type SparseRows } from "../core/sparse.js";
import { finish, type Steps } from "../core/pace.js";
import { mean } from "../core/statistics.js";
import type { LayerView } from "../network/state/layer-view.js";
import { WEIGHT_NAMES } from "../network/state/weight-names.js";
import { listNames } from "../text/naming.js";
import { plural } from "../text/numbers.js";
import { Arena } from "../wasm/heap.js";
import {
  type Chunk,
  type GradientNorms,
  type InspectedChunk,
  type Inspector,
  type RunOptions,
  isStream,
  type VisitChunk,
  withInspector,
} from "./inspector.js";
import type { RowStream } from "./row-stream.js";
import { withSettledStatistics } from "./settled-statistics.js";
import { LayerTotals, nearestOf, type UnitStatistics } from "./statistics.js";

/** May be views into the heap: read the arrays again after anything is allocated. */
export interface LayerWeights {
  readonly inputs: number;
  readonly units: number;
  /** inputs x units, row-major. */
  readonly kernel: Float32Array;
  readonly bias: Float32Array;
  /** PReLU slopes. */
  readonly alpha?: Float32Array | undefined;
  /** Of normalized layers: what preactivations are made of, and by batches mean and variance outside of training. */
  readonly gamma?: Float32Array | undefined;
  readonly beta?: Float32Array | undefined;
  readonly runningMean?: Float32Array | undefined;
  readonly runningVariance?: Float32Array | undefined;
}

/** The arrays as they lie now: what may be views into the heap is looked up once. */
export function arraysOf({ inputs, units, kernel, bias, alpha, gamma, beta }: LayerWeights): LayerWeights {
  return { inputs, units, kernel, bias, alpha, gamma, beta };
}

/** What is added last to all that goes into the activation: the bias, or beta where that is normalized. */
export const shiftOf = ({ bias, beta }: LayerWeights): Float32Array => beta ?? bias;

export interface LayerObservation {
  readonly activation: JudgedActivation;
  /** What people call it; default: its index. */
  readonly name?: string;
  /** Of the preactivations, unless `seen` says otherwise. */
  readonly units: readonly UnitStatistics[];
  /**
   * "activations": only these were seen. min, max, mean and variance are theirs, and whatever hangs on preactivations
   * is not known.
   */
  readonly seen?: "activations";
  /** Of units that fired on no row: the preactivation that one row in a hundred (at least one) reaches. */
  readonly opening?: ReadonlyMap<number, number>;
  /** Of a hidden layer, rows on which every unit is closed, in order, where units can be; absent where not known. */
  readonly closedRows?: Uint32Array;
  readonly weights?: LayerWeights;
  /**
   * Whether rows of the kernel that one unit below feeds may stand apart: each of the units below once, place by place,
   * as where channels are last. Default: they stand together.
   */
  readonly mayInterleave?: boolean;
  /** There are other terms than a product and the bias: a unit that is closed without its bias is by whichever. */
  readonly isPart?: boolean;
  /** What is learned of a unit may be moved though it is dead, by others that share it. */
  readonly isShared?: boolean;
  /** It has none (useBias: false), nor a beta: no bias revives a unit. */
  readonly hasNoBias?: boolean;
  /** Over what its preactivations are normalized: they are those behind beta. */
  readonly normalized?: NormalizationKind;
  /** Of batch normalization: what is added to the running variance. */
  readonly epsilon?: number;
  /** What feeds the next layer in training is not what was seen of it: dropout, or a batch's own statistics. */
  readonly differsInTraining?: boolean;
  /** Gradients begin here, too (activityRegularizer). */
  readonly hasActivityPenalty?: boolean;
  /** A penalty shrinks the kernel. */
  readonly hasKernelPenalty?: boolean;
  /** Each unit's kernel is scaled down to this norm after an update. */
  readonly maxNorm?: number;
  /** Its weights stay as they are in training. */
  readonly isFrozen?: boolean;
  /** What feeds the layer is added to its activations (residual): what feeds the next one is more than these. */
  readonly isResidual?: boolean;
  /** Units some of whose weights are no finite numbers; absent where there are none, or weights are not known. */
  readonly brokenUnits?: readonly number[];
}

/** What the optimizer that trained last would still do without any gradient. */
export interface RemainingMotion {
  readonly decays: boolean;
  /** By layer, in the shapes of the weights. */
  readonly velocity?: readonly LayerWeights[];
}

/** What a network knows of the training that it went through last. */
export interface TrainingRecord {
  readonly optimizer: Pick<Optimizer, "name" | "learningRate" | "options">;
  /** What shrinks the weights beside the gradient; 0: nothing does. */
  readonly weightDecay: number;
  /** Of the last fit; absent where it was not kept: it diverged, or the network was changed since. */
  readonly fit?: {
    /** Of the last update. */
    readonly rate: number;
    /** A schedule or a function gave each step its rate. */
    readonly isScheduled?: boolean;
    readonly batchSize: number;
    readonly trainingRows: number;
    readonly steps: number;
    readonly epochs: readonly EpochLog[];
    /** "balanced", or numbers by class, as text. */
    readonly classWeights?: string;
  };
}

/** The rate of the last fit's updates, on average as far as the ends of its epochs tell: a schedule may end at 0. */
export function meanRateOf({ optimizer, fit }: TrainingRecord): number | undefined {
  if (!fit?.isScheduled || fit.epochs.length === 0) return fit?.rate;
  const ends = fit.epochs.map(({ learningRate }) => learningRate);
  const start = ends[0] > 0 ? ends[0] : optimizer.learningRate;
  return mean(ends.map((rate, epoch) => (rate + (epoch > 0 ? ends[epoch - 1] : start)) / 2));
}

/** A kernel beside the one that the network's seed draws: where it began, unless weights were set by hand. */
export interface StartDistance {
  /** Root mean squares over the kernel's numbers: as it is, as it began, of the difference. */
  readonly size: number;
  readonly startSize: number;
  readonly moved: number;
}

export interface Observation {
  readonly rows: number;
  /** In order, the output layer last where `loss` is known. */
  readonly layers: readonly LayerObservation[];
  /**
   * Where the layers are no chain: what feeds each of them: the layer of this index, whose activations are its inputs
   * in order, or "rows", the samples themselves; undefined: not known. Absent: each is fed by the one before it, the
   * first by the rows, and nothing goes past them.
   */
  readonly fedBy?: readonly (number | "rows" | undefined)[];
  /** What the last layer is trained by; without it all layers are hidden ones. */
  readonly loss?: Loss | LossSpec;
  /** What the network was made from, where it is one of this package's own. */
  readonly spec?: ResolvedSpec;
  /**
   * The network's inputs, and their columns, counted as if they were the preactivations of a layer. Where x has fewer
   * rows than were observed it is a sample of them; `all` are those that `again` shows, unless they are x too.
   */
  readonly inputs?: { readonly x: Matrix; readonly all?: SampleRows; readonly columns: readonly UnitStatistics[] };
  readonly motion?: RemainingMotion;
  readonly training?: TrainingRecord;
  /** By layer, how far the kernel is from that which the network's seed gives. */
  start?(): readonly StartDistance[];
  /** As `outputs`, of the network as its seed gives it; costs a forward pass. */
  startOutputs?(): Float32Array;
  /** As `outputs`, with the running statistics that these rows give; costs a pass for each layer that has some. */
  settledOutputs?(): Float32Array;
  /** rows x units of the last layer: what the loss reads, where it was asked for. */
  readonly outputs?: Float32Array;
  /** Shows the rows once more, chunk by chunk: inputs, preactivations and activations of the first `layers` layers. */
  again?(options: Pick<RunOptions, "layers">, visit: VisitChunk): void;
  /** Closed units of a layer that some row would open if they had no bias, where that was looked for. */
  openWithoutBias?(layer: number): ReadonlySet<number>;
  /** See Inspector.gradientNorms. */
  gradientNorms?(x: Matrix, targets: PreparedTargets | undefined): GradientNorms[];
  /** Runs other rows, for a search of the inputs. */
  readonly inspector?: Pick<Inspector, "run" | "pushBack" | "chunkRows">;
}

/** What feeds a layer; undefined where it is not known. */
export function feederOf({ fedBy }: Observation, layer: number): number | "rows" | undefined {
  if (fedBy) return fedBy[layer];
  return layer === 0 ? "rows" : layer - 1;
}

/** How many of the layers are hidden ones, from the first on. */
export function hiddenCount({ loss, layers }: Observation): number {
  return loss === undefined ? layers.length : layers.length - 1;
}

const LINEAR = activationCode("linear");

/** Counts the columns of the inputs beside a pass over the rows. */
function countColumns({ runtime, spec }: NetworkState, x: SampleRows | RowStream, scratch: Arena) {
  if (isSparse(x)) return { visit: () => {}, read: () => columnsOf(x) };
  const width = spec.inputs;
  const totals = new LayerTotals(width, "linear", runtime, scratch);
  const counters = scratch.allocate(width * BATCH_COUNTERS * 4, "the columns' counters");
  return {
    visit(chunk: InspectedChunk): void {
      const x = chunk.inputs(0).byteOffset;
      runtime.kernels.activationForward(LINEAR, 0, 0, chunk.rows, width, x, 0, x, counters, 1);
      totals.add(chunk.rows, counters, x, x);
    },
    read: () => totals.read(),
  };
}

/** The same of the entries of sparse rows, in float64. */
function columnsOf(x: SparseRows): UnitStatistics[] {
  const { above, min, max, mean, variance, meanSize } = measureSparse(x);
  return Array.from({ length: x.columns }, (_, column) => ({
    samples: x.rows,
    fired: above[column],
    min: min[column],
    max: max[column],
    mean: mean[column],
    variance: variance[column],
    meanActivation: meanSize[column],
    nearest: nearestOf(min[column], max[column]),
  }));
}

function motionOf(state: NetworkState): RemainingMotion | undefined {
  const { lastMoments, velocity } = state;
  return (
    lastMoments && {
      decays: (lastMoments.recipe.weightDecay ?? 0) > 0,
      ...(velocity !== undefined && { velocity: state.layers.map((_, index) => state.layer(index, velocity)) }),
    }
  );
}

function trainingOf(state: NetworkState): TrainingRecord | undefined {
  if (!state.lastMoments) return undefined;
  const { recipe } = state.lastMoments;
  const { name, learningRate, options, weightDecay = 0 } = recipe;
  const progress = state.running ? undefined : state.progress; // to describe one that runs takes time
  return {
    optimizer: { name, learningRate, options },
    weightDecay,
    ...(progress && {
      fit: {
        rate: progress.rate,
        ...(typeof progress.plan.learningRate !== "number" && { isScheduled: true }),
        batchSize: progress.plan.batchSize,
        trainingRows: progress.plan.trainingRows,
        steps: progress.step,
        epochs: progress.logs,
        ...(progress.plan.classWeights !== undefined && { classWeights: progress.plan.classWeights }),
      },
    }),
  };
}

/** Draws the weights that the seed gives into a block of their own, for as long as they are looked at. */
function withStart<T>(state: NetworkState, look: (block: number) => T): T {
  const scratch = new Arena(state.runtime.heap);
  try {
    const block = scratch.allocate(state.layout.weightBytes, "the weights as they began");
    state.initialize(block);
    return look(block);
  } finally {
    scratch.dispose();
  }
}

function outputsAtStart(state: NetworkState, x: SampleRows): Float32Array {
  return withStart(state, (block) => withInspector(state, (inspector) => outputsOf(inspector, x), block));
}

function distancesFromStart(state: NetworkState): StartDistance[] {
  return withStart(state, (block) => {
    const size = (values: Float32Array, other?: Float32Array) =>
      Math.sqrt(values.reduce((sum, value, i) => sum + (value - (other?.[i] ?? 0)) ** 2, 0) / values.length);
    return state.layers.map(({ kernel }, index) => {
      const start = state.layer(index, block).kernel;
      return { size: size(kernel), startSize: size(start), moved: size(kernel, start) };
    });
  });
}

/** Collects, beside a pass over the rows, what the loss reads. */
export function collectOutputs({ spec }: NetworkState, rows: number) {
  const last = spec.layers.length - 1;
  const { units, activation } = spec.layers[last];
  const isBefore = readsPreactivations(spec.loss, activation.name);
  const outputs = new Float32Array(rows * units);
  return {
    outputs,
    visit: (chunk: Chunk): void =>
      outputs.set(isBefore ? chunk.preactivations(last) : chunk.activations(last), chunk.start * units),
  };
}

/** What the loss reads of these rows: rows x units. */
export function outputsOf(inspector: Inspector, x: SampleRows): Float32Array {
  const { outputs, visit } = collectOutputs(inspector.state, x.rows);
  inspector.run(x, {}, visit);
  return outputs;
}

/** Units with a weight, or another number, that is not finite, in order; undefined where there are none. */
function findBroken({ runtime: { kernels } }: NetworkState, layer: LayerView): number[] | undefined {
  const arrays = WEIGHT_NAMES.flatMap((name) => (layer[name] ? [layer[name]] : []));
  return arrays.every(({ length, byteOffset }) => kernels.allFinite(length, byteOffset))
    ? undefined
    : brokenUnits(layer);
}

/** @throws RelumineError "value" that names the layer whose weights are not finite, and its units */
export function checkWeights(state: NetworkState): void {
  state.layers.forEach((layer, index) => {
    const broken = findBroken(state, layer);
    if (!broken) return;
    const part = WEIGHT_NAMES.find((name) => layer[name]?.every(Number.isFinite) === false)!;
    const given = `numbers that are not, in ${plural(broken.length, "unit")} ${listNames(broken)}`;
    throw new RelumineError("value", `layers[${index}].${part}`, "to be finite", given, "Has the training diverged?");
  });
}

/** What was counted of the rows. */
interface Counted {
  /** Default: those of x. */
  readonly rows?: number;
  /** By layer and unit; the output layer included, unless the layers are those of a part of the network. */
  readonly statistics: readonly (readonly UnitStatistics[])[];
  readonly columns: readonly UnitStatistics[];
  opening(layer: number): ReadonlyMap<number, number>;
  closedRows?(layer: number): Pick<LayerObservation, "closedRows">;
  readonly outputs?: Float32Array;
}

/** What is known of the network from its inputs to its outputs. */
function wholeOf(inspector: Inspector, x: SampleRows): Partial<Observation> {
  const { state } = inspector;
  let distances: readonly StartDistance[] | undefined;
  return {
    loss: state.spec.loss,
    spec: state.spec,
    start: () => (distances ??= distancesFromStart(state)),
    startOutputs: () => outputsAtStart(state, x),
    settledOutputs: () =>
      withSettledStatistics(state, x, (block) => withInspector(state, (other) => outputsOf(other, x), block)),
    gradientNorms: (few, targets) => inspector.gradientNorms(few, targets),
  };
}

/** What a layer's spec says of how it trains. */
export function factsOfLayer(layer: ResolvedSpec["layers"][number]): Partial<LayerObservation> {
  const { normalization, dropout, residual, frozen, activityRegularizer, kernelRegularizer, maxNorm } = layer;
  return {
    ...(!hasShift(layer) && { hasNoBias: true }),
    ...(residual && { isResidual: true }),
    ...(frozen && { isFrozen: true }),
    ...(normalization && { normalized: normalization.kind }),
    ...(normalization?.kind === "batch" && { epsilon: normalization.epsilon }),
    ...((dropout || (normalization?.kind === "batch" && !frozen)) && { differsInTraining: true }),
    ...(activityRegularizer && !frozen && { hasActivityPenalty: true }),
    ...(kernelRegularizer && !frozen && { hasKernelPenalty: true }),
    ...(maxNorm !== undefined && !frozen && { maxNorm }),
  };
}

/**
 * The observation of a network whose units were counted; the inspector, of the same state, is needed as long as it.
 * @param isWhole or of the first layers alone
 */
export function observationOf(
  inspector: Inspector,
  x: SampleRows,
  { rows = x.rows, statistics, columns, opening, closedRows, outputs }: Counted,
  isWhole = true,
): Observation {
  const { state } = inspector;
  const motion = motionOf(state);
  const training = trainingOf(state);
  return {
    rows,
    layers: state.layers.slice(0, statistics.length).map((weights, index) => {
      const brokenUnits = findBroken(state, weights);
      return {
        activation: weights.activation,
        units: statistics[index],
        weights,
        opening: opening(index),
        ...closedRows?.(index),
        ...(brokenUnits && { brokenUnits }),
        ...factsOfLayer(state.spec.layers[index]),
      };
    }),
    inputs: { x: shownMatrix(x), ...(!isDense(x) && { all: x }), columns },
    ...(motion && { motion }),
    ...(training && { training }),
    ...(outputs && { outputs }),
    again: (options, visit) => inspector.run(x, options, visit),
    inspector,
    ...(isWhole && wholeOf(inspector, x)),
  };
}

/**
 * One pass over the rows, with all counters; the inspector is needed for as long as the observation is.
 * @param visit sees each chunk
 * @param keepsOutputs whether to keep what the loss reads, 4 bytes an output and row, and note the closed rows
 * @param layers run so many alone, all of which are then hidden ones, of a network whose outputs are not known
 */
export function observe(
  inspector: Inspector,
  x: SampleRows,
  visit?: (chunk: Chunk) => void,
  keepsOutputs = false,
  layers?: number,
): Observation {
  return finish(observeSteps(inspector, x, visit, keepsOutputs, layers));
}

/** The same in steps of a chunk; of a stream findings that need rows have a sample of them. */
export function* observeSteps(
  inspector: Inspector,
  x: SampleRows | RowStream,
  visit?: (chunk: InspectedChunk) => void,
  keepsOutputs = false,
  layers?: number,
): Steps<Observation> {
  const { state } = inspector;
  const { length } = state.spec.layers;
  const scratch = new Arena(state.runtime.heap);
  try {
    const columns = countColumns(state, x, scratch);
    const closed = watchClosedUnits(state, x, layers ?? length - 1, scratch);
    const read = keepsOutputs ? collectOutputs(state, x.rows) : undefined;
    const closedRows = keepsOutputs ? watchClosedRows(state) : undefined;
    const see = (chunk: InspectedChunk) => {
      columns.visit(chunk);
      closed.visit(chunk);
      closedRows?.visit(chunk);
      read?.visit(chunk);
      visit?.(chunk);
    };
    const statistics = yield* inspector.statisticsSteps(x, see, layers ?? length);
    const counted = {
      rows: x.rows,
      statistics,
      columns: columns.read(),
      opening: closed.read,
      ...(closedRows && { closedRows: closedRows.read }),
      ...(read && { outputs: read.outputs }),
    };
    return observationOf(inspector, isStream(x) ? x.sample() : x, counted, layers === undefined);
  } finally {
    scratch.dispose();
  }
}
