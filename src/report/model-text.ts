// A model that was read, in a line: whose file it is, its shape, what it ends with; and what became of its parts.
import { groupBy } from "../core/group-by.js";
import type { Head } from "../models/chain/head.js";
import type { ModelChange } from "../models/chain/training-parts.js";
import type { FileFormat } from "../models/format.js";
import type { NetworkSpec } from "../network/spec.js";
import { formatCount, formatNumber } from "../text/numbers.js";

/** Formats by the names that people know them by. */
export const FORMAT_WORDS: Readonly<Record<FileFormat, string>> = {
  onnx: "ONNX",
  relumine: "relumine",
  safetensors: "weights as safetensors",
  torch: "PyTorch",
  keras: "Keras 3",
  "keras-h5": "Keras, HDF5",
  tfjs: "TensorFlow.js",
  npz: "weights as NumPy arrays",
};

const HEAD_WORDS: Readonly<Record<Head, string>> = {
  softmax: ", a softmax at its end",
  logSoftmax: ", a log-softmax at its end",
  sigmoid: ", a sigmoid at its end",
  none: "",
};

export interface DescribedModel {
  readonly format: FileFormat;
  readonly writer: string;
  readonly spec: NetworkSpec;
  readonly head: Head;
}

/** `64-32-10` */
export function shapeText({ inputs, layers }: NetworkSpec): string {
  return [inputs, ...layers.map(({ units }) => units)].join("-");
}

/** `relu 2, tanh 1`: how many hidden layers have which activation; `relu` where all have the same. */
function activationsText({ layers }: NetworkSpec): string {
  const counts = new Map<string, number>();
  for (const { activation = "linear" } of layers.slice(0, -1)) {
    const name = typeof activation === "string" ? activation : activation.name;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const names = [...counts].map(([name, count]) => (counts.size === 1 ? name : `${name} ${count}`));
  return names.length === 0 ? "" : `, ${names.join(", ")}`;
}

/** `ONNX by pytorch 2.13.0: network 8-16-3, relu, 195 parameters, a softmax at its end` */
export function describeModel({ format, writer, spec, head }: DescribedModel, parameterCount: number): string {
  const isSaid = writer !== "" && !FORMAT_WORDS[format].toLowerCase().startsWith(writer.toLowerCase().split(" ")[0]);
  const whose = isSaid ? `${FORMAT_WORDS[format]} by ${writer}` : writer || FORMAT_WORDS[format];
  const parts = `network ${shapeText(spec)}${activationsText(spec)}, ${formatCount(parameterCount)} parameters`;
  return `${whose}: ${parts}${HEAD_WORDS[head]}`;
}

const PART_WORDS = {
  batchNormalization: "batch normalization",
  dropout: "dropout",
  noise: "noise",
  branch: "branch of an If",
};
const BECAME_WORDS = { folded: "folded into the layers beside it", kept: "kept", dropped: "left out", taken: "taken" };
const MOST_NAMED = 6;

/** `batch normalization folded into the layers beside it: "bn1", "bn2"`: a line for all of a kind. */
export function changeLines(changes: readonly ModelChange[]): string[] {
  const groups = groupBy(changes, ({ part, became }) => `${PART_WORDS[part]} ${BECAME_WORDS[became]}`);
  const saidOf = ({ share, momentum, branch }: ModelChange) => {
    if (branch !== undefined) return ` (${branch})`;
    if (momentum === undefined) return share === undefined ? "" : ` (${formatNumber(share)})`;
    return ` (momentum ${formatNumber(momentum)}${momentum === 0 ? ": its running statistics stay" : ""})`;
  };
  const nameOf = (change: ModelChange) => `${JSON.stringify(change.name)}${saidOf(change)}`;
  return [...groups].map(([kind, group]) => {
    const names = group.map(nameOf);
    const more = names.length > MOST_NAMED ? ` and ${formatCount(names.length - MOST_NAMED)} more` : "";
    return `${kind}: ${names.slice(0, MOST_NAMED).join(", ")}${more}`;
  });
}
