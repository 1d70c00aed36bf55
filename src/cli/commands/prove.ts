// `relumine prove`: which dead units of a network are closed on all inputs in the range of rows; with a file, to be
// gone on with.
import { Command } from "commander";
import { tellSubject } from "../diagnose/judged.js";
import { checkPlace, readBytesIfThere } from "../files.js";
import { subjectOf } from "../models/load-subject.js";
import { readModelFile } from "../models/model-file.js";
import { addModelOptions } from "../models/model-options.js";
import type { OtherModelOptions } from "../models/other-subject.js";
import { addLayoutOptions, DATA_HELP, decimal, threadsOption } from "../options.js";
import { addRowsOptions } from "../read-rows.js";
import { saveFile } from "../save-file.js";
import { markFailed } from "../run/under-way.js";
import { interruption, Terminal } from "../terminal.js";
import { errorIn, RelumineError } from "../../core/errors.js";
import type { NetworkProof, ProofProgress } from "../../index.js";
import { describeProof } from "../../report/proof-text.js";
import { formatCount, formatNumber } from "../../text/numbers.js";
import { onOneLine } from "../../text/printable.js";

const EXAMPLES = `
Examples:
  $ relumine prove digits.safetensors digits
  $ relumine prove digits.safetensors digits --seconds 300 --proof digits.json
  $ relumine prove penguins.safetensors penguins.csv --budget 1e11 --json
  $ relumine prove model.onnx rows.npy

Models and rows are those of diagnose. Asked about are the units that are dead
on the rows, on all inputs in the range of their columns. With --proof, verdicts
are stored at the end, also of a run that is interrupted; where the file is
there, its verdicts stand, and the open units are gone on with. Without
--seconds the verdicts depend on the budget alone.`;

/** What a run that has --seconds alone may take: more than it will. */
const ENDLESS = 1e18;
const MAX_BYTES = 2 ** 30;
const LOG_EVERY = 10_000; // milliseconds

interface ProveCommandOptions extends OtherModelOptions {
  readonly budget?: number;
  readonly seconds?: number;
  readonly threads?: number;
  readonly proof?: string;
  readonly json?: boolean;
}

/** The proof to go on from; undefined where the file is not there yet. */
async function readProofFile(file: string): Promise<unknown> {
  const expected = "to be what relumine prove --proof wrote";
  const bytes = await readBytesIfThere(file, file, { expected, maxBytes: MAX_BYTES });
  if (!bytes) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(bytes)); // every field is checked by prove
  } catch {
    throw new RelumineError("format", file, expected, "what is no JSON");
  }
}

function follow(terminal: Terminal): (progress: ProofProgress) => void {
  let last = performance.now();
  terminal.startProgress();
  return ({ decided, units, work }) => {
    const note = `${formatNumber(work, 2)} multiplications`;
    terminal.progress({ label: "proving", done: decided, total: units, unit: "units", note });
    if (performance.now() - last < LOG_EVERY) return;
    last = performance.now();
    terminal.log(`${decided} of ${formatCount(units)} units decided, ${note}`);
  };
}

/** What is refused about the earlier proof is about its file. */
function explain(error: unknown, file: string | undefined): unknown {
  if (file === undefined || !(error instanceof RelumineError) || !error.path.startsWith("from")) return error;
  return errorIn(file, new RelumineError(error.code, error.path.slice("from.".length), error.expected, error.given));
}

async function proveFile(file: string, source: string, options: ProveCommandOptions): Promise<void> {
  const { json, proof: place, budget, seconds, threads, ...how } = options;
  const terminal = new Terminal(json);
  const signal = interruption();
  await checkPlace(place, source, "--proof");
  const model = await readModelFile(file);
  const { network, text, data, x } = await subjectOf(model, source, how);
  tellSubject(terminal, text, data);
  const from = place === undefined ? undefined : ((await readProofFile(place)) as NetworkProof | undefined);
  const limits = {
    ...(seconds !== undefined && { seconds, budget: ENDLESS }),
    ...(budget !== undefined && { budget }),
  };
  const { prove } = await import("../../index.js");
  const running = prove(network, x, {
    ...limits,
    ...(threads !== undefined && { threads }),
    ...(from !== undefined && { from }),
    signal,
    onProgress: follow(terminal),
  });
  const proof = await running.catch((error: unknown) => {
    throw explain(error, place);
  });
  if (json)
    terminal.document({ model: { file, spec: network.spec }, data: { name: data.name, rows: data.rows }, proof });
  else terminal.tell(describeProof(proof)); // also where they cannot be stored
  if (place !== undefined) {
    await saveFile(place, new TextEncoder().encode(`${JSON.stringify(proof)}\n`));
    terminal.tell(`\nStored: ${onOneLine(place)}${proof.open > 0 ? "; the same command goes on from there" : ""}`);
  }
  if (proof.stopped === "aborted") markFailed();
}

export function proveCommand(): Command {
  const command = new Command("prove")
    .description("Prove or refute that a network's dead units are closed.")
    .argument("<model>", "its file, or the folder of a TensorFlow.js model")
    .argument("<data>", `its rows: ${DATA_HELP}`);
  return addModelOptions(addRowsOptions(addLayoutOptions(command)))
    .option(
      "--budget <multiplications>",
      "how much work at most (default: 2e10, or no limit with --seconds)",
      decimal({ low: 0 }),
    )
    .option("--seconds <count>", "how long at most (default: no limit)", decimal({ low: 0 }))
    .addOption(threadsOption("workers"))
    .option("--proof <file>", "where to store the verdicts, and to go on from")
    .option("--json", "print one JSON document instead")
    .addHelpText("after", EXAMPLES)
    .action(proveFile);
}
