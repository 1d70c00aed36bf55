// `relumine diagnose`: a network and rows in, its diagnosis out. Who judges what is in ../diagnose/judge.ts.
import { Command } from "commander";
import { judge } from "../diagnose/judge.js";
import { judgedDocument, tellJudged } from "../diagnose/judged.js";
import { reportOf } from "../diagnose/report-of.js";
import { addFailOnOption, type FailOnOptions, failuresOf, tellFailures } from "../fail-on.js";
import { addGraphOptions, type GraphOptions } from "../graph/graph-options.js";
import { addModelOptions } from "../models/model-options.js";
import type { OtherModelOptions } from "../models/other-subject.js";
import { addLayoutOptions, DATA_HELP } from "../options.js";
import { addRowsOptions } from "../read-rows.js";
import { checkPagePlace, htmlOption, type PageOptions, savePage } from "../save-page.js";
import { markFailed } from "../run/under-way.js";
import { Terminal } from "../terminal.js";

const EXAMPLES = `
Examples:
  $ relumine diagnose model.onnx rows.npy
  $ relumine diagnose weights.safetensors rows.csv --activation relu
  $ relumine diagnose digits.safetensors digits
  $ relumine diagnose digits.safetensors digits --prove
  $ relumine diagnose model.onnx rows.npy --html report.html
  $ relumine diagnose penguins.safetensors newer.csv --json > diagnosis.json
  $ relumine diagnose activations.npz
  $ relumine diagnose resnet.onnx images.npy

Models are ONNX, Keras (.keras, .h5), TensorFlow.js (the folder of model.json),
PyTorch (state_dicts as .safetensors or .pt), NumPy's .npz of weights, and what
"relumine train --out" wrote. Files of weights alone don't hold activations:
--activation names them. Of the files that a model names, those in its own
folder are read, and no others.

Of any network whatever it is enough to have what its layers did on some rows:
an .npz of arrays named LAYER.preactivations or LAYER.activations, rows x units
or rows x channels x places, and beside them LAYER.weight, LAYER.bias and
LAYER.activation, where they are known. Several files may hold the rows.

An ONNX graph that is no chain of dense layers (convolutions, residual sums,
transformers) is run by ONNX Runtime: npm install onnxruntime-web (or -node) in
the folder. Its rows are an array of the input's shape, [rows, channels, height,
width] say; of several inputs an .npz with an array for each, by its name.

A network of "relumine train" reads a table's columns as its training read its
own: the same means, medians and categories. Columns that it does not know are
ignored; a word that it never saw is none of its categories. Other models take
numbers as they are. Where targets are there, the network is evaluated on the
rows that have one, and judged on them. --prove takes a second or two; "relumine
prove" goes on for longer.`;

interface DiagnoseCommandOptions extends OtherModelOptions, GraphOptions, FailOnOptions, PageOptions {
  readonly json?: boolean;
  readonly prove?: boolean;
}

async function diagnoseFile(
  file: string,
  sources: readonly string[],
  { json, prove = false, failOn, html, ...options }: DiagnoseCommandOptions,
  command: Command,
): Promise<void> {
  if (sources.length === 0 && !/\.np[yz]$/i.test(file)) command.error("error: missing required argument 'data'");
  const terminal = new Terminal(json);
  await checkPagePlace({ html }, undefined, [file, ...sources]);
  const judged = await judge({ file, sources, options: { ...options, prove } }, terminal);
  const failures = failuresOf(failOn, judged.diagnosis);
  if (json) terminal.document(judgedDocument(judged, failures));
  else tellJudged(terminal, judged);
  await savePage(terminal, { html }, (madeBy) => reportOf(file, judged, failures, madeBy));
  tellFailures(terminal, failures);
  if (typeof judged.diagnosis === "string") markFailed();
}

export function diagnoseCommand(): Command {
  const command = new Command("diagnose")
    .description("Diagnose a network, whoever trained it, on rows from a file.")
    .argument("<model>", "its file, the folder of a TensorFlow.js model, or what its layers did, in an .npz")
    .argument("[data...]", `its rows: ${DATA_HELP}`);
  return addFailOnOption(addGraphOptions(addModelOptions(addRowsOptions(addLayoutOptions(command)))))
    .option("--prove", "prove or refute that the dead are closed on all inputs in the rows' range")
    .addOption(htmlOption())
    .option("--json", "print one JSON document instead")
    .addHelpText("after", EXAMPLES)
    .action(diagnoseFile);
}
