// `relumine cure`: trains a network on a table as `train` would, sees what its units die of, tries remedies and ranks
// them.
import { Command, Option } from "commander";
import { writeCode } from "../cure/program-text.js";
import { forFewRows, prepareNamed, prepareOptions, type NamedPreparedTable } from "../prepare-table.js";
import { dataFacts, dataRecord, describeData } from "../data-summary.js";
import { checkDistinct, checkPlace } from "../files.js";
import { specFor } from "../network-for-table.js";
import {
  addSharedOptions,
  addTrainingOptions,
  classWeightsOf,
  courseOf,
  describeOptimizer,
  integer,
  optimizerOf,
  threadsOption,
  type TrainingOptions,
} from "../options.js";
import { readTableFile } from "../read-table.js";
import { saveFile } from "../save-file.js";
import { checkPagePlace, htmlOption, type PageOptions, savePage } from "../save-page.js";
import { markFailed } from "../run/under-way.js";
import { interruption, Terminal } from "../terminal.js";
import { howToGoOn, journalOption, openJournal, tellJournal } from "../trials/journal.js";
import { asTrained, checkSameEncoding, loadInstead } from "../stored-model.js";
import { onOneLine } from "../../text/printable.js";
import { RelumineError } from "../../core/errors.js";
import type { Optimizer, Prescription, Trial } from "../../index.js";
import type { Page } from "../../report/page.js";
import { curePage } from "../../report/pages/cure-page.js";
import { describeTrial, drawLive } from "../../report/trials-text.js";
import { formatCount } from "../../text/numbers.js";

interface CureOptions extends TrainingOptions, PageOptions {
  readonly trials?: number;
  readonly repeats: number;
  readonly threads?: number;
  readonly workers?: number;
  readonly journal?: string;
  readonly reproducible?: boolean;
  /** Of a network to go on with. */
  readonly model?: string;
  /** Where to write the program; true: with the results. */
  readonly code?: string | true;
}

const EXAMPLES = `
Examples:
  $ relumine cure digits --hidden 128,128 --optimizer sgd --learning-rate 1
  $ relumine cure penguins.csv --target species --bias -1 --code best.mjs
  $ relumine cure penguins.csv --target species --trials 5 --json > cure.json
  $ relumine cure penguins.csv --target species --html cure.html
  $ relumine cure penguins.csv --model penguins.safetensors --epochs 20
  $ relumine cure digits --epochs 100 --journal cure.jsonl

The network is trained as given, its deaths are traced, and what they come from
decides which remedies are tried first. All start from the same weights and see
the rows in the same order; what can't win is stopped early. Ctrl-C ends it with
the ranking so far; with --journal the same command then goes on, as it does
after kill -9, and comes to the same results.

With --model every remedy goes on with the weights of that network; the table is
to be that of its training, with the same --validation and --seed, so that the
rows that judge are rows that it has not seen.`;

/** Draws the table anew with each result, or logs a line where there is no terminal. */
function follow(terminal: Terminal): (trial: Trial) => void {
  const trials = new Map<string, Trial>();
  const started = performance.now();
  return (trial) => {
    trials.set(trial.name, trial);
    terminal.log(describeTrial(trial));
    terminal.live(drawLive([...trials.values()], (performance.now() - started) / 1000));
  };
}

/** A trial without its functions. */
function plainTrial({
  fit: { optimizer, epochs, batchSize, accumulate, clipNorm, classWeights },
  ...trial
}: Trial): object {
  return {
    ...trial,
    fit: {
      epochs,
      batchSize,
      accumulate,
      optimizer: { name: optimizer!.name, options: optimizer!.options },
      clipNorm,
      classWeights,
    },
  };
}

/** The document that --json prints. */
function toDocument(prescription: Prescription, prepared: NamedPreparedTable, program: Program | undefined): object {
  const { baseline, trials, best, verdict, measure, constant, reason, causes, diagnosis, stopped } = prescription;
  const { validationRows, judgedOnTraining, journal } = prescription;
  return {
    data: { ...dataRecord(prepared), preprocessing: prepared.encoding },
    baseline: baseline.name,
    best: best.name,
    verdict,
    learning: diagnosis?.learning,
    measure,
    constant,
    reason,
    causes,
    validationRows,
    judgedOnTraining,
    journal,
    stopped,
    trials: trials.map(plainTrial),
    diagnosis,
    code: program,
  };
}

/** Where the program lies, or itself, or why it is not there. */
type Program = { readonly file: string; readonly error?: string } | { readonly text: string };

async function writeProgram(where: string | true, write: () => string): Promise<Program> {
  try {
    const text = write();
    if (where === true) return { text };
    await saveFile(where, new TextEncoder().encode(text));
    return { file: where };
  } catch (error) {
    if (error instanceof RelumineError) return { file: where === true ? "--code" : where, error: error.message };
    throw error;
  }
}

function tellProgram(terminal: Terminal, program: Program, { best }: Prescription): void {
  if ("text" in program) terminal.tell(`\n${program.text}`);
  else if (program.error === undefined)
    terminal.tell(`\nWritten: ${onOneLine(program.file)}, which trains "${best.name}" on the same rows`);
  else terminal.fail(`the program was not written: ${program.error}`);
}

async function checkPlaces(source: string, options: CureOptions): Promise<void> {
  const { code, journal } = options;
  checkDistinct([
    ["--code", typeof code === "string" ? await checkPlace(code, source, "--code") : undefined],
    ["--html", await checkPagePlace(options, source)],
    ["--journal", await checkPlace(journal, source, "--journal")],
  ]);
}

/** The page that --html writes. */
function pageOf(
  prescription: Prescription,
  { prepared, optimizer }: { readonly prepared: NamedPreparedTable; readonly optimizer: Optimizer },
  options: CureOptions,
  madeBy: string,
): Page {
  const { seed, model, epochs } = options;
  return curePage(prescription, {
    title: `Remedies for ${prepared.name}`,
    facts: [
      ...dataFacts(prepared, seed),
      ...(model === undefined ? [] : [["model", model] as const]),
      ["optimizer", describeOptimizer(optimizer, options)],
      ["epochs", formatCount(epochs)],
    ],
    notes: prepared.notes,
    madeBy,
  });
}

async function cure(source: string, given: CureOptions, command: Command): Promise<void> {
  const terminal = new Terminal(given.json);
  const signal = interruption();
  const { epochs, batchSize, trials, repeats, workers, threads = workers, journal, code, separator, header } = given;
  await checkPlaces(source, given);
  const model = await loadInstead(given.model, command, {
    arithmetic: given.reproducible ? "reproducible" : "fast",
  });
  const asked = asTrained(given, model);
  const named = await readTableFile(source, asked);
  const options = model ? asked : forFewRows(asked, named, command);
  const prepared = prepareNamed(named, options);
  if (model) checkSameEncoding(model, prepared);
  const { training, heldOut } = prepared;
  terminal.tell(`${describeData(prepared, options.seed)}\n`);
  const library = await import("../../index.js");
  const arithmetic = options.reproducible ? "reproducible" : "fast";
  const fit = {
    epochs,
    batchSize,
    optimizer: optimizerOf(options, library),
    ...courseOf(options),
    validation: heldOut.x.rows > 0 ? heldOut : 0,
    ...classWeightsOf(options, prepared),
  };
  const prescription = await library.prescribe(model?.network ?? specFor(prepared, options), training, fit, {
    trials,
    repeats,
    workers: threads,
    journal: await openJournal(journal),
    arithmetic,
    signal,
    onTrial: follow(terminal),
  });
  const table = { source, separator, header, ...prepareOptions(named, options) };
  const program =
    code === undefined
      ? undefined
      : await writeProgram(code, () => writeCode(prescription.best, table, arithmetic, given.model));
  if (options.json) terminal.document(toDocument(prescription, prepared, program));
  else terminal.tell(String(prescription));
  if (program && !(options.json && "text" in program)) tellProgram(terminal, program, prescription);
  const { optimizer } = fit;
  await savePage(terminal, options, (madeBy) => pageOf(prescription, { prepared, optimizer }, options, madeBy));
  tellJournal(terminal, prescription.journal);
  if (prescription.stopped) terminal.tell(`\n${terminal.colors.yellow(`Interrupted. ${howToGoOn(journal)}`)}`);
  if (prescription.stopped || (program && "error" in program)) markFailed();
}

export function cureCommand(): Command {
  return addTrainingOptions(addSharedOptions(new Command("cure"), { hidden: [64, 32], epochs: 20 }))
    .description("Train a network on a table, find what its units die of, try remedies, and rank them.")
    .option(
      "--trials <count>",
      "most remedies to try, the fitting ones first (default: all)",
      integer({ low: 1, high: 1000 }),
    )
    .option("--repeats <count>", "seeds for the baseline and the finalists", integer({ low: 1, high: 100 }), 3)
    .addOption(threadsOption())
    .addOption(new Option("--workers <count>", "its former name").argParser(integer({ low: 1, high: 64 })).hideHelp())
    .addOption(journalOption())
    .option("--reproducible", "arithmetic that gives the same bits on every machine")
    .option("--model <file>", 'go on with a network that "relumine train --out" saved')
    .addOption(htmlOption())
    .option("--code [file]", "write what was chosen as a program, to a file or with the results")
    .addHelpText("after", EXAMPLES)
    .action(cure);
}
