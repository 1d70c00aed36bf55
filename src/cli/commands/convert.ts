// `relumine convert`: a model of one program as a file of another.
import { Command } from "commander";
import { metadataOf } from "../models/load-subject.js";
import { pathsOf, readModelFile } from "../models/model-file.js";
import { addKeepOption, addModelOptions, type ModelOptions, readAnyModel } from "../models/model-options.js";
import { tellWritten } from "../models/tell-written.js";
import { checkTarget, namesOf, saveModel, WRITTEN_FORMATS, WRITTEN_HELP } from "../models/written-model.js";
import { oneOf } from "../options.js";
import { Terminal } from "../terminal.js";
import type { WrittenFormat } from "../../models.js";
import { holdsTable } from "../../table/stored-table.js";
import { changeLines, describeModel } from "../../report/model-text.js";
import { onOneLine } from "../../text/printable.js";
import { wrap } from "../../text/wrap.js";

const EXAMPLES = `
Examples:
  $ relumine convert model.keras model.onnx
  $ relumine convert model.onnx model/ --to tfjs
  $ relumine convert weights.pt model.onnx --activation relu --head softmax
  $ relumine convert digits.safetensors digits.onnx
  $ relumine convert model.keras net.safetensors --to relumine --keep dropout

Read is what "relumine diagnose" reads. Written are .onnx, .safetensors in the
names of PyTorch's nn.Sequential, a folder or .zip for TensorFlow.js, and this
program's own .safetensors (--to relumine). Batch normalizations are folded
into the layers and dropout is left out, as is told; --keep leaves those that
a network of this program has between a layer and its activation, and behind
it, for training on. The model gives what it gave either way.`;

interface ConvertOptions extends ModelOptions {
  readonly to?: WrittenFormat;
  readonly json?: boolean;
}

const SCALED_NOTE =
  "its inputs are its table's columns as its training encoded them: the means, scales and categories stay in this " +
  "file, and are to be applied before";

async function convertFile(file: string, out: string, { to, json, ...options }: ConvertOptions): Promise<void> {
  const terminal = new Terminal(json);
  const model = await readModelFile(file);
  const target = await checkTarget({
    place: out,
    option: "<out>",
    from: model.format,
    sources: pathsOf(model),
    ...(to && { format: to }),
  });
  const read = await readAnyModel(model, options);
  const network = await read.toNetwork();
  const metadata = await metadataOf(model);
  const { format, writer, head, changes } = read;
  const notes = [
    ...read.notes,
    ...(metadata && holdsTable(metadata) && target.format !== "relumine" ? [SCALED_NOTE] : []),
  ];
  const { spec, parameterCount } = network;
  terminal.tell(`${onOneLine(file)}: ${onOneLine(describeModel(read, parameterCount))}`);
  for (const note of [...changeLines(changes), ...notes]) terminal.tell(wrap(onOneLine(note), 80, "  "));
  const saved = await saveModel(network, target, { ...(metadata && { metadata }), names: namesOf(read) });
  if (json)
    terminal.document({
      model: { file, format, writer, head, notes, changes, spec, parameterCount },
      saved,
    });
  else tellWritten(terminal, saved);
}

export function convertCommand(): Command {
  const command = new Command("convert")
    .description("Write a network, whoever trained it, as a file of another program.")
    .argument("<model>", "its file, or the folder of a TensorFlow.js model")
    .argument("<out>", "where it goes; the ending says the format")
    .option("--to <name>", WRITTEN_HELP, oneOf(WRITTEN_FORMATS));
  return addKeepOption(addModelOptions(command))
    .option("--json", "print one JSON document instead")
    .addHelpText("after", EXAMPLES)
    .action(convertFile);
}
