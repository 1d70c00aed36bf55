// An ONNX graph run for a command: with its file's name in errors, progress, and an end when the program is asked to.
import type { GraphModel } from "./graph-model.js";
import type { GraphOptions } from "./graph-options.js";
import { about } from "../files.js";
import { interruption, type Terminal } from "../terminal.js";
import { RelumineError } from "../../core/errors.js";
import type { DiagnoseGraphOptions } from "../../onnx.js";

const GATES: DiagnoseGraphOptions["activations"] = ["sigmoid", "tanh", "softsign", "hardTanh", "logSigmoid"];

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

/**
 * @param label of the progress
 * @param run what is done to the graph, by the options that it is given
 * @throws RelumineError about the model's file
 */
export async function runGraph<T>(
  { model, ort }: GraphModel,
  { dimensions, gates }: GraphOptions,
  terminal: Terminal,
  label: string,
  run: (options: DiagnoseGraphOptions) => Promise<T>,
): Promise<T> {
  const options = {
    ort,
    files: model.beside,
    ...(dimensions && { dimensions }),
    ...(gates && { activations: GATES }),
    onProgress: terminal.startShare(label),
  };
  const result = await about(model.file, () => inCommandLine((signal) => run({ ...options, signal })));
  terminal.endProgress();
  return result;
}
