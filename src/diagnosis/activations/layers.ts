// The layers as a caller gives them, checked: their weights, and what is to be counted of them.
import { readValues, type LayerValues, type ReadValues, type ValueBlocks } from "./values.js";
import type { ObservedActivation } from "../../activations/observed.js";
import { isBlocks, type SampleBlocks } from "../../core/blocks.js";
import { checkName, checkOptions, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { type Matrix, toMatrix } from "../../core/matrix.js";
import type { SeenValues, WatchedLayer } from "../../inspect/activation-watch.js";

/** What is known of a layer beside its numbers. */
export interface LayerFacts {
  /** What messages call it; default: its index. */
  readonly name?: string;
  /** Default "relu". */
  readonly activation?: ObservedActivation;
  /**
   * Of numbers of more than two axes, where the units are: "first" as channels x height x width, "last" as tokens x
   * features. Default: where `bias` or `kernel` says, else "first".
   */
  readonly channels?: "first" | "last";
  /**
   * inputs x units; of a convolution all rows of one input channel together. Of a dense layer behind several places
   * whose channels are last either order may be: silent inputs are told where both have them.
   */
  readonly kernel?: Matrix | readonly ArrayLike<number>[];
  /** One number a unit; default 0 where there is a kernel. */
  readonly bias?: ArrayLike<number>;
  /** One slope a unit, of prelu. */
  readonly slopes?: ArrayLike<number>;
  /** The name of the layer that feeds it, which is given before it; or "rows": the samples themselves do. */
  readonly inputs?: string;
}

/** A layer with its numbers; preactivations (z) tell more than activations. */
export interface ActivationLayer extends LayerFacts {
  /** What goes into the activation. */
  readonly preactivations?: LayerValues;
  /** What comes out of it, where the preactivations are not known. */
  readonly activations?: LayerValues;
}

/** A layer whose numbers may come in blocks. */
export interface StreamedLayer extends LayerFacts {
  /** What goes into the activation. */
  readonly preactivations?: LayerValues | ValueBlocks;
  /** What comes out of it, where the preactivations are not known. */
  readonly activations?: LayerValues | ValueBlocks;
}

/** A layer whose numbers come in blocks together with those of others. */
export interface BlockLayer extends LayerFacts {
  /** Which of its numbers are in the blocks. Default "preactivations". */
  readonly values?: SeenValues;
}

/** One block of all layers, by name, of the same rows. */
export type LayerBlock = Readonly<Record<string, LayerValues>>;

const FACTS = ["name", "activation", "channels", "kernel", "bias", "slopes", "inputs"] as const;
const KINDS = ["preactivations", "activations"] as const satisfies readonly SeenValues[];

interface UnitsOfKernel {
  readonly kernelUnits?: number | undefined;
}

export interface ReadLayer {
  readonly path: string;
  readonly name: string;
  readonly facts: Omit<WatchedLayer, "name" | "units"> & UnitsOfKernel;
  readonly which: SeenValues;
}

export interface ReadLayerWithValues extends ReadLayer {
  readonly values: ReadValues | { readonly blocks: SampleBlocks };
}

function readVector(path: string, given: ArrayLike<number>): Float32Array {
  return toMatrix(path, [given]).data;
}

function readKernel(path: string, given: NonNullable<LayerFacts["kernel"]>) {
  const { columns, data } = toMatrix(path, given);
  return { kernelUnits: columns, kernel: data };
}

function readFacts(path: string, read: LayerFacts, index: number): Pick<ReadLayer, "path" | "name" | "facts"> {
  const { name = `layer ${index}`, activation, channels, kernel, bias, slopes, inputs } = read;
  if (typeof name !== "string") throw new RelumineError("value", `${path}.name`, "to be a string", describe(name));
  if (inputs !== undefined && typeof inputs !== "string")
    throw new RelumineError("value", `${path}.inputs`, "to be the name of a layer", describe(inputs));
  if (channels !== undefined) checkName(`${path}.channels`, channels, ["first", "last"]);
  return {
    path,
    name,
    facts: {
      ...(activation !== undefined && { activation }),
      ...(channels && { channels }),
      ...(kernel && readKernel(`${path}.kernel`, kernel)),
      ...(bias && { bias: readVector(`${path}.bias`, bias) }),
      ...(slopes && { slopes: readVector(`${path}.slopes`, slopes) }),
      ...(inputs !== undefined && { inputs }),
    },
  };
}

/** @throws RelumineError "shape" or "value" */
export function readLayer(given: StreamedLayer, index: number): ReadLayerWithValues {
  const path = `layers[${index}]`;
  const read = checkOptions(path, given, [...FACTS, ...KINDS]);
  const kinds = KINDS.filter((kind) => read[kind] !== undefined);
  if (kinds.length !== 1) {
    const expected = "to have preactivations or activations, one of them";
    throw new RelumineError("value", path, expected, kinds.join(" and ") || "none");
  }
  const [which] = kinds;
  const values: unknown = read[which];
  return {
    ...readFacts(path, read, index),
    which,
    values: isBlocks(values) ? { blocks: values } : readValues(`${path}.${which}`, values),
  };
}

/** The same of a layer whose numbers come with those of others. */
export function readBlockLayer(given: BlockLayer, index: number): ReadLayer {
  const path = `layers[${index}]`;
  const read = checkOptions(path, given, [...FACTS, "values"]);
  const which = checkName(`${path}.values`, read.values ?? "preactivations", KINDS);
  return { ...readFacts(path, read, index), which };
}

/** Where the units of numbers of a shape are: as is said, else along the axis that a number for each unit fits. */
export function channelsOf(
  { channels, bias, slopes, kernelUnits }: Pick<LayerFacts, "bias" | "channels" | "slopes"> & UnitsOfKernel,
  shape: readonly number[],
): "first" | "last" {
  const known = bias?.length ?? slopes?.length ?? kernelUnits;
  const isLast = known !== undefined && shape[1] !== known && shape.at(-1) === known;
  return channels ?? (isLast ? "last" : "first");
}

/** How many units there are, and along which axis, by the shape of some numbers. */
export function watchedLayer({ path, name, facts, which }: ReadLayer, shape: readonly number[]): WatchedLayer {
  const channels = channelsOf(facts, shape);
  const units = channels === "last" ? shape.at(-1)! : shape[1];
  if (facts.kernelUnits !== undefined && facts.kernelUnits !== units)
    throw new RelumineError(
      "shape",
      `${path}.kernel`,
      `to have ${units} columns, as ${which} has units`,
      `${facts.kernelUnits}`,
    );
  return { name, ...facts, channels, units };
}
