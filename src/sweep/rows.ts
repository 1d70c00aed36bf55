// The rows of a sweep: what all its trials share, as a file that is named by its content. A worker elsewhere gets the
// file, whose name says that it is whole, and checks it as any file from elsewhere.
//   safetensors; training.x, training.y, ... as tensors, how answers are judged as metadata
import type { CheckedPlan } from "./plan/plan.js";
import { applyAxes } from "./plan/axes.js";
import type { SweepDataSet } from "./types.js";
import { ACTIVATION_NAMES, type LayerActivationName } from "../activations/activations.js";
import { canonicalJson } from "../core/canonical-json.js";
import { checkOptions, describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { denseRows, type Matrix, type Matrix64, type SampleRows } from "../core/matrix.js";
import { sha256 } from "../core/sha256.js";
import { checkSparse, isSparse } from "../core/sparse.js";
import { parseStrictJson } from "../core/strict-json.js";
import { anything, flag, integer, object, oneOf, type StoredArray, either } from "../core/stored-values.js";
import { readHeader, readTensors, type StoredTensor, type Tensor, writeSafetensors } from "../formats/safetensors.js";
import type { PlainSet } from "../network/data.js";
import { LOSS_NAMES, type Loss, type LossSpec, resolveLoss } from "../network/losses.js";
import { createNetwork } from "../network/network.js";
import type { NetworkSpec } from "../network/spec.js";
import type { Bench } from "../treatment/trial/judge.js";
import { readExactRows } from "../treatment/trial/exact-rows.js";
import { planWithJudges, setUpTrials } from "../treatment/trial/set-up.js";
import type { Task } from "../treatment/trial/task.js";
import type { TrialSetup } from "../treatment/trial/trial.js";

/** What is the same for all trials but the arithmetic, which is the build's. */
type Shared = Omit<TrialSetup, "arithmetic">;

const DATA = ["x", "y", "weights", "validation"] as const satisfies readonly (keyof SweepDataSet)[];
const VERSION = "relumine sweep data";

/**
 * Splits the rows and says how answers are judged, by the plan's first cell.
 * @throws RelumineError "value" or "shape" for data that do not fit
 */
export async function shareRows(plan: CheckedPlan, data: SweepDataSet): Promise<TrialSetup> {
  const { validation, ...rows } = checkOptions("data", data, DATA);
  const training = readExactRows("data", rows);
  const judges = readExactRows("data.validation", validation);
  const spec = applyAxes(plan.base, plan.axes, plan.valuesOf(0)).spec as unknown as NetworkSpec;
  const { arithmetic } = plan;
  const { seed = 0 } = plan.base.spec as { seed?: number };
  using network = await createNetwork({ ...spec, seed }, { arithmetic });
  const fit = judges.set === undefined ? {} : { validation: judges.set };
  const exact = { data: training.exact, validation: judges.exact };
  const set = training.set as Omit<SweepDataSet, "validation">;
  return setUpTrials(network, planWithJudges(network, set, fit), exact, { callbacks: [], arithmetic });
}

function* matrixTensors(name: string, x: SampleRows | Matrix64): Generator<[string, Tensor]> {
  if (!isSparse(x)) {
    const data = x.data instanceof Float64Array ? x.data : denseRows(x as SampleRows).data;
    return void (yield [name, { shape: [x.rows, x.columns], data }]);
  }
  const { rowOffsets, columnIndices, values } = x;
  yield [`${name}.rowOffsets`, { shape: [rowOffsets.length], data: rowOffsets }];
  yield [`${name}.columnIndices`, { shape: [columnIndices.length], data: columnIndices }];
  if (values) yield [`${name}.values`, { shape: [values.length], data: values }];
}

function* setTensors(name: string, { x, y, weights }: PlainSet): Generator<[string, Tensor]> {
  yield* matrixTensors(`${name}.x`, x);
  if (y instanceof Int32Array)
    yield [`${name}.labels`, { shape: [y.length], data: new Uint32Array(y.buffer, y.byteOffset, y.length) }];
  else yield* matrixTensors(`${name}.y`, y);
  if (weights) yield [`${name}.weights`, { shape: [weights.length], data: weights }];
}

/** The rows as a file: the same bytes for the same rows. */
export function packRows({ training, validation, exact, judgesTraining, bench }: Shared): Uint8Array {
  const tensors = new Map<string, Tensor>([
    ...setTensors("training", training),
    ...(judgesTraining ? [] : setTensors("validation", validation)),
    ...(exact ? matrixTensors("exact.training", exact.training) : []),
    ...(exact && !judgesTraining ? matrixTensors("exact.validation", exact.validation) : []),
  ]);
  const { task, ...rest } = bench;
  const head = { ...rest, task: task as object, columns: training.x.columns, judgesTraining };
  return writeSafetensors(tensors, { [VERSION]: "1", bench: canonicalJson(head) });
}

/** SHA-256 of the file. */
export const nameRows = (file: Uint8Array): string => sha256(file);

const HEAD = object<Omit<Bench, "loss"> & { loss: string | object; columns: number; judgesTraining: boolean }>({
  task: anything as never,
  loss: either(oneOf(LOSS_NAMES), anything) as never,
  units: integer(1, 2 ** 30),
  isOwn: flag,
  activation: oneOf<LayerActivationName>([...ACTIVATION_NAMES, "softmax"]),
  columns: integer(1, 2 ** 30),
  judgesTraining: flag,
});

type Tensors = ReadonlyMap<string, StoredTensor>;

function readArray<A extends StoredArray>(tensors: Tensors, name: string, kind: new (n: number) => A): A {
  const array = tensors.get(name)?.read();
  if (array instanceof kind) return array;
  throw new RelumineError("format", `the file's tensor "${name}"`, `to be a ${kind.name}`, describe(array));
}

function readRows<A extends StoredArray>(tensors: Tensors, name: string, kind: new (n: number) => A) {
  const data = readArray(tensors, name, kind);
  const { shape } = tensors.get(name)!;
  if (shape.length === 2) return { rows: shape[0], columns: shape[1], data };
  throw new RelumineError("format", `the file's tensor "${name}"`, "to be rows x columns", `[${shape.join(", ")}]`);
}

const readMatrix = (tensors: Tensors, name: string): Matrix => readRows(tensors, name, Float32Array);

function readSamples(tensors: Tensors, name: string, columns: number): SampleRows {
  if (tensors.has(name)) return readMatrix(tensors, name);
  const rowOffsets = readArray(tensors, `${name}.rowOffsets`, Uint32Array);
  return checkSparse(name, {
    rows: rowOffsets.length - 1,
    columns,
    rowOffsets,
    columnIndices: readArray(tensors, `${name}.columnIndices`, Uint32Array),
    ...(tensors.has(`${name}.values`) && { values: readArray(tensors, `${name}.values`, Float32Array) }),
  });
}

function readSet(tensors: Tensors, name: string, columns: number): PlainSet {
  const labels = tensors.has(`${name}.labels`) ? readArray(tensors, `${name}.labels`, Uint32Array) : undefined;
  const weights = tensors.has(`${name}.weights`) ? readArray(tensors, `${name}.weights`, Float32Array) : undefined;
  const x = readSamples(tensors, `${name}.x`, columns);
  const y = labels ? new Int32Array(labels.buffer) : readMatrix(tensors, `${name}.y`);
  const counts = [y instanceof Int32Array ? y.length : y.rows, weights?.length ?? x.rows];
  if (x.rows === 0 || x.columns !== columns || counts.some((count) => count !== x.rows))
    throw new RelumineError(
      "format",
      `the file's ${name}`,
      `to be rows of ${columns} columns, each with a target`,
      "others",
    );
  return { x, y, ...(weights && { weights }) };
}

/** @param of the same rows in float32 */
function readExact(tensors: Tensors, name: string, { x }: PlainSet): Matrix64 {
  const exact = readRows(tensors, name, Float64Array);
  if (exact.rows === x.rows && exact.columns === x.columns) return exact;
  const [given, expected] = [exact, x].map(({ rows, columns }) => `[${rows}, ${columns}]`);
  throw new RelumineError("format", `the file's tensor "${name}"`, `to be ${expected}`, given);
}

const MOST_CLASSES = 2 ** 20;

function readTask(given: unknown): Task {
  const { kind } = given as Task;
  if (kind !== "classes") return { kind: oneOf(["answers", "numbers"])("task.kind", kind) };
  return object<{ kind: "classes"; classes: number }>({ kind: oneOf(["classes"]), classes: integer(1, MOST_CLASSES) })(
    "task",
    given,
  );
}

/**
 * The rows of a file that packRows wrote. What trains on them checks targets against its loss, as of any data.
 * @throws RelumineError "format" or "shape"
 */
export function unpackRows(file: Uint8Array): Shared {
  const header = readHeader(file);
  if (header.metadata.get(VERSION) !== "1")
    throw new RelumineError("format", "the file", "to hold the rows of a sweep", "another one");
  const { task, columns, judgesTraining, ...rest } = HEAD(
    "bench",
    parseStrictJson("bench", header.metadata.get("bench") ?? "", 5),
  );
  const tensors = readTensors(header);
  const training = readSet(tensors, "training", columns);
  const validation = judgesTraining ? training : readSet(tensors, "validation", columns);
  const isExact = tensors.has("exact.training");
  const exactTraining = isExact ? readExact(tensors, "exact.training", training) : undefined;
  const loss = resolveLoss(rest.loss as Loss | LossSpec, rest.activation) as Loss | LossSpec;
  return {
    training,
    validation,
    ...(exactTraining && {
      exact: {
        training: exactTraining,
        validation: judgesTraining ? exactTraining : readExact(tensors, "exact.validation", validation),
      },
    }),
    judgesTraining,
    bench: { ...rest, loss, task: readTask(task) },
    callbacks: [],
  };
}
