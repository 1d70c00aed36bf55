// A network that another program trained, on rows from a file.
import type { ModelFile } from "./model-file.js";
import { type ModelOptions, readAnyModel } from "./model-options.js";
import type { Subject, ToldEvaluation } from "./subject.js";
import { namesOf } from "./written-model.js";
import { figuresOf, metricsText } from "../evaluate.js";
import { about } from "../files.js";
import { readRows, type RowsOptions } from "../read-rows.js";
import { isMatrix, type SampleRows, type Samples, toSomeSamples } from "../../core/matrix.js";
import { isSparse } from "../../core/sparse.js";
import { forecastDeadLatents } from "../../diagnosis/forecast/dead-latents.js";
import type { Network, Targets } from "../../index.js";
import type { ReadModel } from "../../models.js";
import { nameOf } from "../../network/losses.js";
import { describeModel } from "../../report/model-text.js";
import { formatNumber, formatPercent } from "../../text/numbers.js";
import { onOneLine } from "../../text/printable.js";

export interface OtherModelOptions extends ModelOptions, RowsOptions {}

/** One whole number a row: class labels, as far as their form says. */
function areLabels(y: Targets): boolean {
  if (isSparse(y)) return false;
  const values = (isMatrix(y) ? y.data : y) as ArrayLike<unknown>;
  if (isMatrix(y) && y.columns !== 1) return false;
  return Array.from(values).every((value) => Number.isInteger(value) && (value as number) >= 0);
}

/** Its file says nothing of a loss, and its outputs are several where each row has one label: they are logits. */
function areLogits({ head, spec }: ReadModel, y: Targets | undefined, { loss }: ModelOptions): boolean {
  const isOpen = loss === undefined && head === "none" && nameOf(spec.loss) === "meanSquaredError";
  return isOpen && y !== undefined && spec.layers.at(-1)!.units > 1 && areLabels(y);
}

/** What saves them, as its files are told. */
const AUTOENCODERS = "SAELens";

const LOGITS_NOTE =
  "each row has one label, and the model several outputs without a softmax: they are taken for logits under " +
  "crossEntropy; --loss says otherwise";

/** Of a sparse autoencoder: what the inputs' mean alone would do to latents as they start. */
function latentNotes({ writer }: ReadModel, x: SampleRows): string[] {
  if (writer !== AUTOENCODERS) return [];
  const { gamma, deadShare } = forecastDeadLatents(x);
  return [
    `the inputs' mean is ${formatNumber(gamma)} times their spread: of latents that start in random directions with ` +
      `biases of 0, ${formatPercent(deadShare)} would be dead on these rows`,
  ];
}

function documentOf(file: string, { format, writer, head, notes }: ReadModel, network: Network): object {
  const { spec, parameterCount, runtime } = network;
  return { file, format, writer, head, notes, spec, parameterCount, runtime };
}

/** @throws RelumineError about the targets */
function evaluate(network: Network, x: Samples, y: Targets): ToldEvaluation {
  const evaluation = figuresOf(network.evaluate({ x, y }));
  const record = { where: "on these rows", figures: metricsText(evaluation) };
  const line = `${record.where}: ${record.figures}`;
  return { evaluation, record, tell: (terminal) => terminal.tell(terminal.colors.bold(line)) };
}

/**
 * @param found the model by these options
 * @throws RelumineError about the model or the rows
 */
export async function otherSubject(
  model: ModelFile,
  source: string,
  options: OtherModelOptions,
  found: ReadModel,
): Promise<Subject> {
  const { name, x: rows, y, notes } = await readRows(source, { ...options, inputs: found.spec.inputs });
  const isByLogits = areLogits(found, y, options);
  const read = isByLogits ? await readAnyModel(model, { ...options, loss: "crossEntropy" }) : found;
  const network = await about(model.file, () => read.toNetwork());
  return about(name, () => {
    const x = toSomeSamples("its rows", rows, network.spec.inputs);
    return {
      format: model.format,
      network,
      text: `${onOneLine(model.file)}: ${onOneLine(describeModel(read, network.parameterCount))}`,
      document: documentOf(model.file, read, network),
      data: {
        name,
        rows: x.rows,
        notes: [...read.notes, ...notes, ...(isByLogits ? [LOGITS_NOTE] : []), ...latentNotes(read, x)],
      },
      x,
      ...(y !== undefined && { y, evaluated: evaluate(network, x, y) }),
      besides: { names: namesOf(read) },
    };
  });
}
