// Options for ONNX graphs that are no chains of dense layers.
import { type Command, InvalidArgumentError } from "commander";

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

/** What messages say of a graph where an option is for other models. */
export const IS_GRAPH = "the model is a graph that ONNX Runtime runs";

/** The options that are for graphs alone. */
export const OF_GRAPHS: readonly (keyof GraphOptions)[] = ["dimensions", "gates"];
