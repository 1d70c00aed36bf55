// `relumine textbook`: the textbook's claims about ReLU, each put to an experiment; the verdicts are worked out from
// the figures.
import { Command } from "commander";
import { checkDistinct, checkPlace } from "../files.js";
import { prepareNamed } from "../prepare-table.js";
import { integer, threadsOption } from "../options.js";
import { readTableFile } from "../read-table.js";
import { checkPagePlace, htmlOption, type PageOptions, savePage } from "../save-page.js";
import { markFailed } from "../run/under-way.js";
import { interruption, Terminal } from "../terminal.js";
import type { FollowedTrials } from "../trials/followed-trials.js";
import { howToGoOn, journalOption, openJournal, tellJournal } from "../trials/journal.js";
import type { DigitRuns } from "../textbook/digit-runs.js";
import { wrap } from "../../text/wrap.js";
import { formatCount, formatDuration } from "../../text/numbers.js";
import {
  type ClaimRecord,
  drawClaim,
  drawFigures,
  interruptionNote,
  rangeNote,
  textbookPage,
} from "../../report/textbook-text.js";

const COUNT = 10;
const REPEATS = 5; // what is so in all five would be so by chance once in 32

interface TextbookOptions extends PageOptions {
  readonly only?: readonly number[];
  readonly seed: number;
  readonly repeats: number;
  readonly threads?: number;
  readonly journal?: string;
  readonly figures?: boolean;
  readonly json?: boolean;
}

const EXAMPLES = `
Examples:
  $ relumine textbook
  $ relumine textbook --html textbook.html
  $ relumine textbook --only 3,8 --figures
  $ relumine textbook --json > textbook.json
  $ relumine textbook --repeats 20 --journal textbook.jsonl

The claims: 1 cheaper, 2 sparsity, 3 vanishing gradients, 4 convergence,
5 linear without activations, 6 negative bias, 7 high rate, 8 closed units,
9 cures, 10 normalization and its like. Each comes with a verdict: it holds,
holds under a condition, or does not hold here. Ctrl-C keeps the claims that are
finished; with --journal the same command then takes the networks on the digits
that were trained, as it does after kill -9.`;

/** `1,7` in ascending order, each once. */
function claimNumbers(text: string): number[] {
  const numbers = text.split(",").map((part) => integer({ low: 1, high: COUNT })(part.trim()));
  return [...new Set(numbers)].sort((a, b) => a - b);
}

function tellClaim(terminal: Terminal, record: ClaimRecord, withFigures: boolean): void {
  const { bold, green, yellow, red } = terminal.colors;
  const holdsInPart = record.verdict.startsWith("holds") ? yellow : red;
  const color = record.verdict === "holds" ? green : holdsInPart;
  terminal.tell(`\n${drawClaim(record, { heading: bold, verdict: color })}`);
  if (withFigures) terminal.tell(["", ...drawFigures(record.figures)].join("\n"));
}

/** One claim after another, until all are done or the signal stops them. */
async function examine(
  digits: DigitRuns,
  numbers: readonly number[],
  onClaim: (record: ClaimRecord) => void,
): Promise<ClaimRecord[]> {
  const [{ CLAIMS }, { Interrupted }] = await Promise.all([
    import("../textbook/claims.js"),
    import("../textbook/digit-runs.js"),
  ]);
  const records: ClaimRecord[] = [];
  try {
    for (const number of numbers) {
      const started = performance.now();
      const claim = await CLAIMS[number - 1](digits);
      records.push({ number, ...claim, seconds: (performance.now() - started) / 1000 });
      onClaim(records.at(-1)!);
    }
  } catch (error) {
    if (!(error instanceof Interrupted)) throw error;
  }
  return records;
}

async function makeDigitRuns(
  options: TextbookOptions,
  signal: AbortSignal,
  note: (text: string) => void,
): Promise<{ digits: DigitRuns; trials: FollowedTrials; data: string }> {
  const prepared = prepareNamed(await readTableFile("digits"), { ignore: [], validation: 0.2, seed: options.seed });
  const [library, { DigitRuns }, { FollowedTrials }] = await Promise.all([
    import("../../index.js"),
    import("../textbook/digit-runs.js"),
    import("../trials/followed-trials.js"),
  ]);
  const { training, heldOut } = prepared;
  const journal = await openJournal(options.journal);
  const trials = new FollowedTrials(training, heldOut, { threads: options.threads, journal }, signal);
  const data =
    `digits, ${formatCount(training.x.rows)} rows to train on and ` +
    `${formatCount(heldOut.x.rows)} held out, pixels / 16`;
  const { seed, repeats } = options;
  return { data, trials, digits: new DigitRuns(prepared, trials, library, seed, repeats, signal, note) };
}

async function textbook(options: TextbookOptions): Promise<void> {
  const terminal = new Terminal(options.json);
  const signal = interruption();
  checkDistinct([
    ["--html", await checkPagePlace(options, undefined)],
    ["--journal", await checkPlace(options.journal, undefined, "--journal")],
  ]);
  const numbers = options.only ?? Array.from({ length: COUNT }, (_, i) => i + 1);
  const started = performance.now();
  let done = 0;
  const note = (text: string): void =>
    terminal.progress({ label: `claim ${numbers[done]}`, done, total: numbers.length, unit: "claims", note: text });
  const { digits, trials, data } = await makeDigitRuns(options, signal, note);
  terminal.tell(wrap(`What the textbook says of ReLU, measured. Data: ${data}. ${rangeNote(options.repeats)}`));
  terminal.startProgress();
  const claims = await examine(digits, numbers, (record) => {
    done++;
    terminal.log(`claim ${record.number} done in ${formatDuration(record.seconds)} (${done} of ${numbers.length})`);
    tellClaim(terminal, record, options.figures === true);
  }).finally(() => trials.end());
  terminal.endProgress();
  const record = {
    data,
    seed: options.seed,
    repeats: options.repeats,
    asked: numbers.length,
    isInterrupted: claims.length < numbers.length,
    claims,
  };
  if (claims.length > 0) await savePage(terminal, options, () => textbookPage(record));
  if (options.json)
    terminal.document({
      ...record,
      isInterrupted: undefined,
      interrupted: record.isInterrupted,
      seconds: (performance.now() - started) / 1000,
    });
  tellJournal(terminal, trials.journal);
  if (!record.isInterrupted) return;
  terminal.tell(`\n${terminal.colors.yellow(wrap(`${interruptionNote(record)} ${howToGoOn(options.journal)}`))}`);
  markFailed();
}

export function textbookCommand(): Command {
  return new Command("textbook")
    .description("Take the textbook's claims about ReLU one by one and measure each.")
    .option("--only <numbers>", "claims to examine, separated by commas (default: all)", claimNumbers)
    .option("--repeats <count>", "seeds and timings of each figure", integer({ low: 1, high: 100 }), REPEATS)
    .option(
      "--seed <number>",
      "the first seed; decides the split too",
      integer({ low: 0, high: Number.MAX_SAFE_INTEGER - 100 }),
      0,
    )
    .addOption(threadsOption())
    .addOption(journalOption())
    .option("--figures", "print all figures under each verdict")
    .addOption(htmlOption("write a page with a plot for each claim"))
    .option("--json", "print one JSON document instead")
    .addHelpText("after", EXAMPLES)
    .action(textbook);
}
