// `relumine treat`: a model and rows in, the model with its dead units treated out, in the format that it came from.
import { Command, Option } from "commander";
import { tellSubject } from "../diagnose/judged.js";
import { graphOrChain } from "../graph/graph-model.js";
import { addGraphOptions, type GraphOptions } from "../graph/graph-options.js";
import { treatGraphFile } from "../graph/treat-graph-file.js";
import { pathsOf, readModelFile } from "../models/model-file.js";
import { subjectOf } from "../models/load-subject.js";
import { activation, addModelOptions } from "../models/model-options.js";
import type { OtherModelOptions } from "../models/other-subject.js";
import { OutputsBefore } from "../models/output-change.js";
import type { Subject } from "../models/subject.js";
import {
  checkTarget,
  saveModel,
  type Target,
  WRITTEN_FORMATS,
  WRITTEN_HELP,
  type WrittenBesides,
  type WrittenModel,
} from "../models/written-model.js";
import { tellWritten } from "../models/tell-written.js";
import { addLayoutOptions, decimal, oneOf } from "../options.js";
import { addRowsOptions } from "../read-rows.js";
import { markFailed } from "../run/under-way.js";
import { interruption, Terminal } from "../terminal.js";
import { RelumineError } from "../../core/errors.js";
import { type Activation, learnsAlpha } from "../../activations/activations.js";
import type { Network, Remedy, RemedyKind, Treatment } from "../../index.js";
import type { WrittenFormat } from "../../models.js";
import { type ChangedOutputs, countTreated, describeTreated } from "../../report/treated-text.js";
import { wrap } from "../../text/wrap.js";
import { REMEDY_KINDS } from "../../treatment/remedies/kinds.js";

const EXAMPLES = `
Examples:
  $ relumine treat model.onnx rows.npy --remedy liftBias --out treated.onnx
  $ relumine treat model/ rows.csv --remedy prune --out smaller/
  $ relumine treat weights.safetensors rows.npy --activation relu \\
      --remedy recycle --out treated.safetensors
  $ relumine treat model.keras rows.npy --remedy liftBias --out treated.onnx

liftBias leaves all outputs on the rows as they are, openSamples unless a living
unit has to be lifted; recycle changes what dormant units gave; prune takes out
what changes nothing; reinitialize and replaceActivation change outputs, so that
the model has to be trained on. What changed is measured on the rows and told.
ONNX, TensorFlow.js, safetensors and networks of "relumine train" are written as
they came; of Keras, .pt and .npz the ending of --out says the format: .onnx,
.safetensors, or a folder for TensorFlow.js. Batch normalizations are folded
into the layers, layer normalizations kept.`;

const share = decimal({ low: 0, openLow: true, high: 1 });

interface TreatCommandOptions extends OtherModelOptions, GraphOptions {
  readonly remedy: RemedyKind;
  readonly out: string;
  readonly format?: WrittenFormat;
  readonly share?: number;
  readonly dormantBelow?: number;
  readonly replaceBy?: Activation;
  readonly json?: boolean;
}

/** Options of single remedies, by the remedy that has each. */
const OF_REMEDY = {
  share: { flag: "--share", kind: "liftBias", name: "activity" },
  dormantBelow: { flag: "--dormant-below", kind: "recycle", name: "dormantBelow" },
  replaceBy: { flag: "--replace-by", kind: "replaceActivation", name: "activation" },
} as const satisfies Partial<Record<keyof TreatCommandOptions, object>>;

/** @throws RelumineError "value" for an option of another remedy, or one that is missing */
function remedyOf(options: TreatCommandOptions): Remedy {
  const { remedy: kind } = options;
  const remedy: Record<string, unknown> = { kind };
  for (const [key, { flag, kind: owner, name }] of Object.entries(OF_REMEDY)) {
    const value = options[key as keyof typeof OF_REMEDY];
    if (value === undefined) continue;
    if (owner !== kind)
      throw new RelumineError("value", flag, `to be left out, as ${owner} alone has it`, `--remedy ${kind}`);
    remedy[name] = value;
  }
  if (kind === "replaceActivation" && options.replaceBy === undefined)
    throw new RelumineError("value", "--replace-by", "to name the new activation", "none", "E.g. leakyRelu:0.01");
  return remedy as unknown as Remedy;
}

interface Treated {
  readonly subject: Subject;
  readonly treatment: Treatment;
  readonly outputs: ChangedOutputs;
}

/** The model that was written, or why it was not. */
type Saved = WrittenModel | { readonly error: string };

/** Undefined where it was interrupted. */
async function treatSubject(terminal: Terminal, subject: Subject, remedy: Remedy): Promise<Treated | undefined> {
  const { network, x, y } = subject;
  const { treat } = await import("../../index.js");
  const before = new OutputsBefore(network, x);
  const signal = interruption();
  try {
    const treatment = await treat(network, x, remedy, {
      signal,
      onProgress: terminal.startShare("treating"),
      ...(y !== undefined && { targets: y }),
    });
    return { subject, treatment, outputs: before.changeTo(treatment.network) };
  } catch (error) {
    if (signal.aborted) return undefined;
    throw error;
  } finally {
    terminal.endProgress();
  }
}

function tellTreated(terminal: Terminal, { subject, treatment, outputs }: Treated): void {
  terminal.tell(`${String(treatment)}\n`);
  terminal.tell(terminal.colors.bold(wrap(describeTreated(countTreated(treatment), outputs, subject.x.rows))));
}

/** The document that --json prints. */
function toDocument({ subject, treatment, outputs }: Treated, saved: Saved): object {
  const { remedy, treated, findings, besides, before, after } = treatment;
  const { document, data } = subject;
  return {
    model: document,
    data,
    treatment: { remedy, ...countTreated(treatment), outputs, treated, findings, besides },
    before,
    after,
    saved,
  };
}

const hasSlopes = ({ layers }: Network): boolean => layers.some(({ activation: { name } }) => learnsAlpha(name));

/** Names of parameters are those of other ones where an activation with slopes came or went. */
function besidesOf({ besides }: Subject, hadSlopes: boolean, { network }: Treatment): WrittenBesides {
  const { parameters: _, ...names } = besides.names ?? {};
  return hasSlopes(network) === hadSlopes ? besides : { ...besides, names };
}

/** What was found is told also where it cannot be saved. */
async function saveTreated(
  terminal: Terminal,
  treated: Treated,
  target: Target,
  besides: WrittenBesides,
  json = false,
): Promise<void> {
  const saved: Saved = await saveModel(treated.treatment.network, target, besides).catch((error: unknown) => {
    if (error instanceof RelumineError) return { error: error.message };
    throw error;
  });
  if (json) terminal.document(toDocument(treated, saved));
  else tellTreated(terminal, treated);
  if ("error" in saved) {
    terminal.fail(`the model was not saved: ${saved.error}`);
    markFailed();
  } else if (!json) tellWritten(terminal, saved);
}

async function treatFile(file: string, source: string, options: TreatCommandOptions): Promise<void> {
  const { json, out, format } = options;
  const terminal = new Terminal(json);
  const remedy = remedyOf(options);
  const model = await readModelFile(file);
  const { graph, chain } = await graphOrChain(model, options);
  if (graph) return treatGraphFile(graph, source, options, terminal);
  const sources = [...pathsOf(model), source];
  const target = await checkTarget({
    place: out,
    option: "--out",
    from: model.format,
    sources,
    ...(format && { format }),
  });
  const subject = await subjectOf(model, source, options, chain);
  tellSubject(terminal, subject.text, subject.data);
  const hadSlopes = hasSlopes(subject.network);
  const treated = await treatSubject(terminal, subject, remedy);
  if (treated) await saveTreated(terminal, treated, target, besidesOf(subject, hadSlopes, treated.treatment), json);
  else terminal.fail("interrupted: nothing was written");
  if (!treated) markFailed();
}

export function treatCommand(): Command {
  const command = new Command("treat")
    .description("Treat a network's dead units, and write it back.")
    .argument("<model>", "its file, or the folder of a TensorFlow.js model")
    .argument("<data>", "rows that it was trained on, or their like: as for diagnose")
    .addOption(
      new Option("--remedy <name>", REMEDY_KINDS.join(", ")).argParser(oneOf(REMEDY_KINDS)).makeOptionMandatory(),
    )
    .requiredOption("--out <file>", "where the treated model goes; never over what is read")
    .option("--format <name>", WRITTEN_HELP, oneOf(WRITTEN_FORMATS))
    .option("--share <share>", "of the rows that liftBias opens a unit on (default: 0.1)", share)
    .option("--dormant-below <tau>", "what recycle takes for dormant (default: 0.025)", decimal({ low: 0 }))
    .option("--replace-by <activation>", "what replaceActivation puts in place, e.g. leakyRelu:0.01", activation);
  return addGraphOptions(addModelOptions(addRowsOptions(addLayoutOptions(command))))
    .option("--json", "print one JSON document instead")
    .addHelpText("after", EXAMPLES)
    .action(treatFile);
}
