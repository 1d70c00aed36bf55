// The diagnosis of any ONNX graph, run by the caller's ONNX Runtime.
import type { ObservedActivationName } from "../activations/activations.js";
import { checkInteger, checkName, checkNumber, checkOptions, describe, memberPath } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { checkPace, Pace, PACE_OPTIONS, type PaceOptions } from "../core/pace.js";
import { judgeSteps, readThresholds } from "../diagnosis/judge-observation.js";
import type { Diagnosis } from "../diagnosis/types.js";
import type { Thresholds } from "../inspect/unit-state.js";
import { type ModelFiles, toFileMap } from "../models/files.js";
import { BY_INDEX } from "../text/naming.js";
import { countOf, formatPercent } from "../text/numbers.js";
import { onOneLine } from "../text/printable.js";
import { checkModel } from "./check-model.js";
import { ASKED_ONLY } from "./activation-nodes.js";
import type { GraphRows } from "./feeds.js";
import { observeGraph, type RunSettings } from "./observe-graph.js";
import { checkRuntime, type OnnxRuntime } from "./runtime.js";
import { type GraphSettings, type WatchedGraph, watchGraph } from "./watched-graph.js";

/** Options of `diagnoseGraph`; `ort` has to be given. */
export interface DiagnoseGraphOptions extends PaceOptions {
  /** ONNX Runtime: what `import * as ort from "onnxruntime-web"`, or "onnxruntime-node", gives. */
  readonly ort: OnnxRuntime;
  /** The files with external data that the model names, by their names. */
  readonly files?: ModelFiles;
  /** Sizes of axes that the model leaves open, by their names: needed where rows are flat. */
  readonly dimensions?: Readonly<Record<string, number>>;
  /** Activations to watch beside the others: gates of these kinds are many, and seldom at fault. Default: none. */
  readonly activations?: readonly ("sigmoid" | "tanh" | "softsign" | "hardTanh" | "logSigmoid")[];
  /** Rows of a run, where the model leaves it open. Default: what fits in `memory`, 256 at most. */
  readonly batchSize?: number;
  /**
   * Bytes that the activations of one run may take: above it a run has fewer rows, then fewer of them. Default 128 MB.
   */
  readonly memory?: number;
  /** A unit that fires on a smaller share of the samples is "rare". Default 0.01. */
  readonly rareBelow?: number;
  /** tau: a unit whose dormancy is not above it is "dormant". Default 0.025. */
  readonly dormantBelow?: number;
  /** Passed on to `InferenceSession.create`: { executionProviders: ["webgpu"] }, say. */
  readonly session?: object;
}

/** What `diagnoseGraph` says: layers are the graph's activations, in order, each with the name of its node. */
export interface GraphDiagnosis extends Diagnosis {
  /** What was left out, taken for granted, or has to be known of the rows. */
  readonly notes: readonly string[];
}

/** Options that were checked. */
export interface GraphPlan {
  readonly settings: GraphSettings;
  readonly runs: RunSettings;
  readonly thresholds: Thresholds;
  readonly pacing: PaceOptions;
}

const DEFAULT_MEMORY = 2 ** 27;
export const GRAPH_OPTIONS = [
  "ort",
  "files",
  "dimensions",
  "activations",
  "batchSize",
  "memory",
  "rareBelow",
  "dormantBelow",
  "session",
  ...PACE_OPTIONS,
] as const;

function readDimensions(given: Readonly<Record<string, number>> | undefined): Readonly<Record<string, number>> {
  if (given === undefined) return {};
  if (typeof given !== "object" || given === null)
    throw new RelumineError("value", "dimensions", "to be sizes by the names of axes", describe(given));
  const sizes = Object.entries(given).map(([name, size]): [string, number] => [
    name,
    checkInteger(memberPath("dimensions", name), size, { low: 1 }),
  ]);
  return Object.assign(Object.create(null) as Record<string, number>, Object.fromEntries(sizes));
}

function readActivations(given: unknown): readonly ObservedActivationName[] {
  if (given === undefined) return [];
  if (!Array.isArray(given)) throw new RelumineError("value", "activations", "to be a list of names", describe(given));
  return given.map((name, index) => checkName(`activations[${index}]`, name, ASKED_ONLY));
}

export function readPlan(given: DiagnoseGraphOptions): GraphPlan {
  const { batchSize, memory, session } = given;
  if (session !== undefined && (typeof session !== "object" || session === null))
    throw new RelumineError("value", "session", "to be options of InferenceSession.create", describe(session));
  const pacing = checkPace(given);
  const ort = checkRuntime(given.ort);
  return {
    settings: {
      ort,
      session,
      files: toFileMap(given.files),
      dimensions: readDimensions(given.dimensions),
      activations: readActivations(given.activations),
    },
    runs: {
      ort,
      session,
      memory: checkNumber("memory", memory ?? DEFAULT_MEMORY, { low: 1 }),
      batchSize: batchSize === undefined ? undefined : checkInteger("batchSize", batchSize, { low: 1, high: 2 ** 20 }),
    },
    thresholds: readThresholds(given),
    pacing,
  };
}

/** Below this a unit that never fires says little: its rate may be above 5 %. */
const FEW_ROWS = 60;

/** What has to be known of the rows before a verdict is believed. */
function rowNotes(rows: number, { samples }: Diagnosis): string[] {
  if (rows >= FEW_ROWS) return [];
  const bound = formatPercent(1 - 0.05 ** (1 / rows));
  return [
    `${countOf(samples, "row")} stand behind this: a unit that fired on none of them may still fire on up to ` +
      `${bound} of others (95 % bound): diagnose some hundred rows before anything is changed`,
  ];
}

/** What permanent does not say of a graph that is trained on. */
function permanenceNotes({ layers }: Diagnosis): string[] {
  if (!layers.some(({ units }) => units.some(({ permanent }) => permanent))) return [];
  return [
    "permanent holds for the graph as it stands: batch norms by the statistics of batches, as in training, or " +
      "weights that a training ties together may open a unit",
  ];
}

/** Looks at a graph and judges what was seen. */
export async function diagnoseWatched(watched: WatchedGraph, plan: GraphPlan, pace: Pace): Promise<GraphDiagnosis> {
  const { observation, notes } = await observeGraph(watched, plan.runs, pace);
  const naming = { ...BY_INDEX, layer: (index: number) => onOneLine(watched.places[index].name) };
  const diagnosis = await pace.run(judgeSteps(observation, { thresholds: plan.thresholds, naming }));
  return Object.assign(diagnosis, {
    notes: [...watched.notes, ...notes, ...permanenceNotes(diagnosis), ...rowNotes(watched.feeds.rows, diagnosis)],
  });
}

/**
 * Which units of any ONNX graph are dead on these rows: channels of convolutions, units of dense layers in
 * transformers, gates, whatever goes through Relu, LeakyRelu, PRelu, Clip(0, 6), HardSwish, HardSigmoid, Gelu, Elu,
 * Selu, Celu, Softplus, SiLU or Mish, as operators or in pieces. What goes into each is added to the graph's outputs,
 * the graph is run by the caller's ONNX Runtime, and the numbers are counted by unit: each place of each row is a
 * sample of its channel. Layers have the names of the graph's nodes; where the weights that feed a layer are plain, its
 * dead units have a mechanism and a biasToRevive. For chains of dense layers `readModel` of relumine/models and
 * `diagnose` say more.
 * @param model the bytes of an ONNX file, opsets 7 to 30; they stay as they are
 * @param rows for a graph of one input a Matrix, rows of numbers, or { data, shape } with rows along the first axis; of
 *   several { [input]: { data, shape, fixed? } }
 * @param options ort; files, dimensions, activations, batchSize, memory, rareBelow, dormantBelow, session, signal,
 *   onProgress
 * @cost the graph's own time on these rows, beside two runs of a row or two, and some nanoseconds for each number that
 *   goes into an activation; memory for the model in the runtime and once more here, and for what one run fetches
 * @throws RelumineError "value", "shape", "format", "unsupported" or "memory", as a rejection
 * @example
 * import * as ort from "onnxruntime-web";
 * import { diagnoseGraph } from "relumine/onnx";
 * const diagnosis = await diagnoseGraph(bytes, { data: images, shape: [200, 3, 224, 224] }, { ort });
 * for (const { name, dead, units } of diagnosis.layers) console.log(`${name}: ${dead} of ${units.length} dead`);
 */
export async function diagnoseGraph(
  model: Uint8Array,
  rows: GraphRows,
  options: DiagnoseGraphOptions,
): Promise<GraphDiagnosis> {
  const plan = readPlan(checkOptions("diagnoseGraph", options, GRAPH_OPTIONS));
  const pace = new Pace(plan.pacing);
  const watched = await watchGraph(checkModel(model), rows, plan.settings);
  pace.verify();
  const diagnosis = await diagnoseWatched(watched, plan, pace);
  await pace.end();
  return diagnosis;
}
