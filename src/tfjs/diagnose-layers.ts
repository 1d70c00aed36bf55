// The diagnosis of a model that is no chain of dense layers: TensorFlow.js runs it in batches, and what goes into its
// activations is judged by channel.
import type { DiagnoseModelOptions } from "./diagnose-options.js";
import { checkKept, type ModelRows, numbersOf } from "./rows.js";
import { isTensor, type Model, type Tensor, type TensorFlow } from "./tensorflow.js";
import { describeLayers, type Judged, judgedLayers, preactivations } from "./watched-layers.js";
import { productOf } from "../arrays/numbers.js";
import { describe } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import { denseRows, type Matrix, toSomeSamples } from "../core/matrix.js";
import { diagnoseActivations } from "../diagnosis/activations/diagnose-activations.js";
import type { LayerBlock } from "../diagnosis/activations/layers.js";
import type { Diagnosis } from "../diagnosis/types.js";

/** Rows that are run at once. */
const BATCH = 32;

interface Input {
  readonly rows: number;
  /** So many rows from one on, as the model takes them. */
  batch(start: number, count: number): Tensor;
}

function inputOf(tf: TensorFlow, model: Model, x: ModelRows): Input {
  if (model.inputs.length !== 1)
    throw new RelumineError("unsupported", "model", "to have one input", `${model.inputs.length}`);
  const shape = model.inputs[0].shape.slice(1);
  const isGiven = isTensor(x);
  const sizes = isGiven ? x.shape.slice(1) : [];
  const fits =
    sizes.length === shape.length && sizes.every((size, axis) => shape[axis] === null || shape[axis] === size);
  const wanted = `[rows, ${shape.map((size) => size ?? "any").join(", ")}]`;
  if (isGiven) {
    checkKept("x", x);
    if (!fits || x.shape[0] === 0)
      throw new RelumineError("shape", "x", `to have the shape ${wanted}`, `[${x.shape.join(", ")}]`);
    return { rows: x.shape[0], batch: (start, count) => tf.slice(x, start, count) };
  }
  const known = shape.filter((size) => size !== null);
  if (known.length < shape.length)
    throw new RelumineError("shape", "x", `to be a tensor of the shape ${wanted}`, describe(x));
  const columns = productOf(known);
  const matrix: Matrix = denseRows(toSomeSamples("x", x, columns));
  const batch = (start: number, count: number) =>
    tf.tensor(matrix.data.subarray(start * columns, (start + count) * columns), [count, ...known]);
  return { rows: matrix.rows, batch };
}

/** What goes into each judged layer's activation on some rows; to be disposed of. */
function run(tf: TensorFlow, model: Model, judged: readonly Judged[], batch: Tensor): Tensor[] {
  const ownInput = model.inputs[0].name;
  const names = judged.map(({ layer }) => (Array.isArray(layer.input) ? layer.input[0] : layer.input).name);
  const inner = [...new Set(names)].filter((name) => name !== ownInput);
  const values = new Map<string, Tensor>([[ownInput, batch]]);
  if (inner.length > 0) {
    const outputs = model.execute(batch, inner) as Tensor[];
    inner.forEach((name, i) => values.set(name, outputs[i]));
  }
  // a copy where it is the batch itself
  return judged.map((each, i) => tf.clone(preactivations(tf, each, values.get(names[i])!)));
}

async function* blocksOf(
  tf: TensorFlow,
  model: Model,
  judged: readonly Judged[],
  input: Input,
): AsyncGenerator<LayerBlock> {
  for (let start = 0; start < input.rows; start += BATCH) {
    const count = Math.min(BATCH, input.rows - start);
    const tensors = tf.tidy(() => run(tf, model, judged, input.batch(start, count)));
    try {
      const numbers = await Promise.all(tensors.map(numbersOf));
      yield Object.fromEntries(
        judged.map(({ layer: { name } }, i) => [name, { data: numbers[i], shape: tensors[i].shape }]),
      );
    } finally {
      for (const tensor of tensors) tensor.dispose();
    }
  }
}

const OPTIONS: readonly string[] = ["rareBelow", "dormantBelow"];

function checkKnown(options: DiagnoseModelOptions): void {
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !OPTIONS.includes(name))
      throw new RelumineError(
        "value",
        name,
        "to be left out for a model that is no chain of dense layers",
        describe(value),
      );
}

/** @param refusal why it is no chain: thrown where no layer of it can be judged either */
export async function diagnoseLayers(
  tf: TensorFlow,
  model: Model,
  x: ModelRows,
  options: DiagnoseModelOptions,
  refusal: RelumineError,
): Promise<Diagnosis> {
  const judged = judgedLayers(tf, model);
  if (judged.length === 0) throw refusal;
  checkKnown(options);
  const input = inputOf(tf, model, x);
  const layers = await describeLayers(judged);
  const { rareBelow, dormantBelow } = options;
  const thresholds = {
    ...(rareBelow !== undefined && { rareBelow }),
    ...(dormantBelow !== undefined && { dormantBelow }),
  };
  const blocks = { rows: input.rows, blocks: () => blocksOf(tf, model, judged, input) };
  // of preactivations all is known that a Diagnosis tells
  return (await diagnoseActivations({ layers, blocks }, thresholds)) as Diagnosis;
}
