// Options for ONNX graphs that are no chains of dense layers.
import { type Command, InvalidArgumentError } from "commander";
import type { DiagnoseGraphOptions } from "../../onnx.js";
import { interruption } from "../terminal.js";
import { RelumineError } from "../../core/errors.js";

/** What `addGraphOptions` adds. */
export interface GraphOptions {
  readonly dimensions?: Readonly<Record<string, number>>;
  readonly gates?: boolean;
}

/** `height=48,width=192` */
function dimensions(text: string): Record<string, number> {
  const sizes = text.split(",").map((part): [string, number] => {
    const [, name, size] = /^\s*(.+?)\s*=\s*([1-9]\d{0,8})\s*$/.exec(part) ?? [];
    if (name === undefined) throw new InvalidArgumentError("It has to be such as height=48,width=192.");
    return [name, Number(size)];
  });
  return Object.fromEntries(sizes);
}

export function addGraphOptions(command: Command): Command {
  return command
    .option("--dimensions <sizes>", "of an ONNX graph's open axes where rows are flat: height=48,width=192", dimensions)
    .option("--gates", "of an ONNX graph: watch sigmoid, tanh and their like too");
}

const GATES: DiagnoseGraphOptions["activations"] = ["sigmoid", "tanh", "softsign", "hardTanh", "logSigmoid"];

export function inGraph({
  dimensions: sizes,
  gates,
}: GraphOptions): Pick<DiagnoseGraphOptions, "dimensions" | "activations"> {
  return { ...(sizes && { dimensions: sizes }), ...(gates && { activations: GATES }) };
}

/**
 * A refusal in the words of the command line.
 * @param task hears that the program is asked to end
 */
export async function inCommandLine<T>(task: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const signal = interruption();
  try {
    return await task(signal);
  } catch (error) {
    if (signal.aborted && error instanceof RelumineError && error.path === "signal")
      throw new RelumineError("value", "the rows", "to go through the graph", "an interruption before the last");
    const name = error instanceof RelumineError ? /^dimensions\.(.+)$/.exec(error.path)?.[1] : undefined;
    if (name === undefined) throw error;
    const { code, expected, given, hint } = error as RelumineError;
    throw new RelumineError(code, `--dimensions ${name}=SIZE`, expected, given, hint);
  }
}

/** What messages say of a graph where an option is for other models. */
export const IS_GRAPH = "the model is a graph that ONNX Runtime runs";

/** The options that are for graphs alone. */
export const OF_GRAPHS: readonly (keyof GraphOptions)[] = ["dimensions", "gates"];
