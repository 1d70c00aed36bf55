// `relumine crossvalidate`: how well a training does on rows of a table that it did not see, all rows in turn.
import { Command } from "commander";
import { dataRecord, describeData } from "../data-summary.js";
import { checkDistinct, checkPlace } from "../files.js";
import { specFor } from "../network-for-table.js";
import {
  addNetworkOptions,
  addSeedOptions,
  addTableOptions,
  addTrainingOptions,
  classWeightsOf,
  integer,
  planFitOf,
  threadsOption,
  type TrainingOptions,
  withDashes,
} from "../options.js";
import { readTableFile } from "../read-table.js";
import { foldTable, type TableFolds, targetsOf } from "../sweep/table-folds.js";
import { markFailed } from "../run/under-way.js";
import { interruption, Terminal } from "../terminal.js";
import { journalOption, openJournal, tellInterrupted } from "../trials/journal.js";
import { shapeText } from "../../report/model-text.js";
import type { CrossValidation, FoldOptions } from "../../sweep.js";
import { countOf, formatCount, formatNumber } from "../../text/numbers.js";

const EXAMPLES = `
Examples:
  $ relumine crossvalidate digits
  $ relumine crossvalidate penguins.csv --target species --folds 10 --repeats 3
  $ relumine crossvalidate visits.csv --target ill --groups patient
  $ relumine crossvalidate digits --epochs 50 --journal folds.jsonl --json

The rows are split into folds, of classes each with its share; each fold is
judged by a network that was trained on the others. Medians, scales and words
are learnt from the rows that train alone, anew for each fold.

The interval is the corrected resampled t of Nadeau and Bengio (2003), which
allows for trainings that share rows. A fold that diverged counts with what it
came to, and is told. With --journal each fold is stored as it comes: what ends
the command costs the folds under way, and the same command goes on.`;

const LOG_EVERY = 10_000; // milliseconds

interface CrossValidateCommandOptions extends TrainingOptions {
  readonly folds: number;
  readonly repeats: number;
  readonly groups?: string;
  readonly stratify: boolean;
  readonly trace?: boolean;
  readonly threads?: number;
  readonly journal?: string;
}

/** The bar; a line now and then where there is none. */
function follow(terminal: Terminal): Pick<FoldOptions, "onProgress"> {
  let last = performance.now();
  terminal.startProgress();
  return {
    onProgress({ done, total, failed }) {
      const note = failed > 0 ? `${formatCount(failed)} failed` : "";
      terminal.progress({ label: "folds", done, total, unit: "folds", note });
      if (performance.now() - last < LOG_EVERY) return;
      last = performance.now();
      terminal.log(`${formatCount(done)} of ${countOf(total, "fold")}${note ? `, ${note}` : ""}`);
    },
  };
}

async function trainFolds(
  { source, whole }: TableFolds,
  options: CrossValidateCommandOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<CrossValidation> {
  const started = performance.now();
  const { epochs, batchSize, trace, threads } = options;
  const { draftFolds, planFolds } = await import("../../sweep/folds/cross-validate.js");
  const { validateFolds } = await import("../../sweep/folds/validate-folds.js");
  const journal = await openJournal(options.journal);
  const fit = {
    epochs,
    batchSize,
    ...planFitOf(options),
    ...classWeightsOf(options, whole),
  };
  const given = {
    folds: options.folds,
    repeats: options.repeats,
    stratify: options.stratify,
    ...(trace !== undefined && { trace }),
    ...(threads !== undefined && { workers: threads }),
    ...(journal && { journal }),
    signal,
    ...follow(terminal),
  };
  const trial = draftFolds(specFor(whole, options), fit);
  return validateFolds(planFolds(trial, source, targetsOf(whole), given), started);
}

async function crossValidateTable(path: string, options: CrossValidateCommandOptions): Promise<void> {
  const terminal = new Terminal(options.json);
  const signal = interruption();
  checkDistinct([["--journal", await checkPlace(options.journal, path, "--journal")]]);
  const folds = foldTable(await readTableFile(path, options), options, options.groups);
  const { whole } = folds;
  const spec = specFor(whole, options);
  terminal.tell(`${describeData(whole, options.seed, options.folds)}\n`);
  const rate = options.learningRate === undefined ? "" : `, rate ${formatNumber(options.learningRate)}`;
  terminal.tell(`network ${shapeText(spec)}; ${options.optimizer}${rate}, ${countOf(options.epochs, "epoch")}\n`);
  const result = await trainFolds(folds, options, terminal, signal).catch((error: unknown) => {
    throw withDashes(error, ["folds", "repeats", "groups"]);
  });
  if (options.json) terminal.document({ data: dataRecord(whole), spec, ...result });
  else terminal.tell(String(result));
  if (!result.stopped) return;
  tellInterrupted(terminal, [result.folds.length, result.planned], "folds", options.journal);
  markFailed();
}

export function crossValidateCommand(): Command {
  const network = addNetworkOptions(addTableOptions(new Command("crossvalidate")), { hidden: [64, 32], epochs: 50 });
  return addTrainingOptions(addSeedOptions(network))
    .description("Judge a training by rows that it did not see, all rows in turn.")
    .option("--folds <count>", "parts of the rows, each held out once", integer({ low: 2 }), 5)
    .option("--repeats <count>", "how often, each with another split", integer({ low: 1, high: 1000 }), 1)
    .option("--groups <column>", "rows of one value there are never parted; it is no input")
    .option("--no-stratify", "split without a look at the classes")
    .option("--trace", "say what killed each unit; several times the time")
    .addOption(journalOption())
    .addOption(threadsOption())
    .addHelpText("after", EXAMPLES)
    .action(crossValidateTable);
}
