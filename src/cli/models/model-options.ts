// What a model's file may leave open, as options of the command line, and the model read by them.
import { basename } from "node:path";
import type { Command } from "commander";
import { InvalidArgumentError } from "commander";
import { about } from "../files.js";
import type { ModelFile } from "./model-file.js";
import { decimal, oneOf, withDashes } from "../options.js";
import { ACTIVATION_NAMES, type Activation } from "../../activations/activations.js";
import { RelumineError } from "../../core/errors.js";
import { type Head, HEADS } from "../../models/chain/head.js";
import { BRANCH_NAMES, type BranchName } from "../../models/chain/training-parts.js";
import type { ReadModel, ReadModelOptions } from "../../models.js";
import { type Loss, LOSS_NAMES } from "../../network/losses.js";

/** What `addModelOptions` adds. */
export interface ModelOptions {
  readonly activation?: Activation | readonly Activation[];
  readonly head?: Head;
  readonly order?: readonly string[];
  readonly epsilon?: number;
  readonly loss?: Loss;
  readonly branch?: BranchName;
  /** See `addKeepOption`. */
  readonly keep?: readonly KeptPart[];
}

/** Of these, what is of no use where the model says it itself. */
export const MODEL_OPTION_NAMES = [
  "activation",
  "head",
  "order",
  "epsilon",
  "loss",
  "branch",
] as const satisfies readonly (keyof ModelOptions)[];

const KEPT_PARTS = ["normalization", "dropout"] as const;
type KeptPart = (typeof KEPT_PARTS)[number];

/** `relu`, `leakyRelu:0.2` */
export function activation(text: string): Activation {
  const [name, alpha, ...more] = text.trim().split(":");
  if (more.length > 0) throw new InvalidArgumentError('It has to be such as "relu" or "leakyRelu:0.2".');
  const known = oneOf(ACTIVATION_NAMES)(name);
  return alpha === undefined ? known : { name: known, alpha: decimal({})(alpha) };
}

function activations(text: string): Activation | Activation[] {
  const list = text.split(",").map(activation);
  return list.length === 1 ? list[0] : list;
}

/** For models of other programs. */
export function addModelOptions(command: Command): Command {
  return command
    .option(
      "--activation <names>",
      "of the hidden layers, where the file holds weights alone: one, or one a layer",
      activations,
    )
    .option("--head <name>", `at the model's end, likewise: ${HEADS.join(", ")}`, oneOf(HEADS))
    .option("--order <names>", "the layers, first to last, where the file does not tell", (text) =>
      text.split(",").map((name) => name.trim()),
    )
    .option(
      "--epsilon <number>",
      "of its batch normalizations, where the file holds weights alone",
      decimal({ low: 0 }),
    )
    .option("--loss <name>", "instead of the one that goes with the head", oneOf(LOSS_NAMES))
    .option("--branch <name>", `of an ONNX If that asks the rows: ${BRANCH_NAMES.join(", ")}`, oneOf(BRANCH_NAMES));
}

/** Of commands that write a network to train on. */
export function addKeepOption(command: Command): Command {
  return command.option(
    "--keep <parts>",
    `what training needs stays: ${KEPT_PARTS.join(", ")}, or both with a comma`,
    (text) => text.split(",").map((part) => oneOf(KEPT_PARTS)(part.trim())),
  );
}

/** What readers call an option of readModel, by its name on the command line. */
const OPTION_IN_HINT = /\{ (activation|order|epsilon|branch): (?:"(\w+)"|([\d.]+)|\[([^\]]*)\]) \}/g;

/** Of the library's `{ activation: ["linear", "relu"] }` makes `--activation linear,relu`. */
function inOptions(hint: string): string {
  return hint.replaceAll(OPTION_IN_HINT, (_, name: string, one?: string, number?: string, list = "") => {
    const names = one ?? number ?? list.replaceAll(/["\s]/g, "");
    return `--${name} ${names === "..." ? "NAME,NAME" : names}`;
  });
}

const OPTIONS: readonly string[] = MODEL_OPTION_NAMES;

/** The same refusal in the words of the command line. */
function inCommandLine(error: unknown): unknown {
  if (!(error instanceof RelumineError)) return error;
  const { code, path, expected, given, hint } = error;
  return withDashes(new RelumineError(code, path, expected, given, inOptions(hint)), OPTIONS);
}

/**
 * The model in a file.
 * @throws RelumineError about the file
 */
export function readAnyModel({ file, path, bytes, beside }: ModelFile, options: ModelOptions): Promise<ReadModel> {
  return about(file, async () => {
    const { readModel } = await import("../../models.js");
    const { activation: named, head, order, epsilon, loss, branch, keep = [] } = options;
    const given: ReadModelOptions = {
      name: basename(path),
      files: beside,
      activation: named,
      head,
      order,
      ...(epsilon !== undefined && { epsilon }),
      loss,
      branch,
      normalization: keep.includes("normalization") ? "keep" : "fold",
      dropout: keep.includes("dropout") ? "keep" : "drop",
    };
    const model = await readModel(bytes, given).catch((error: unknown) => {
      throw inCommandLine(error);
    });
    return { ...model, notes: model.notes.map(inOptions) };
  });
}
