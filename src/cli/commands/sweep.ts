// `relumine sweep`: the trainings of a plan on a table, side by side, with a journal that a killed run goes on from.
import { Command, InvalidArgumentError } from "commander";
import { dataRecord, describeData } from "../data-summary.js";
import { checkDistinct, checkPlace, findFile } from "../files.js";
import { addSplitOptions, addTableOptions, type TableOptions, threadsOption } from "../options.js";
import { forFewRows, type NamedPreparedTable, prepareNamed, withValidation } from "../prepare-table.js";
import { readTableFile } from "../read-table.js";
import { saveFile } from "../save-file.js";
import { planForTable, readPlanFile } from "../sweep/plan-file.js";
import { addQueueOptions, engineFor, namingQueue, type QueueCommandOptions } from "../sweep/queue-options.js";
import { journalOption, tellInterrupted } from "../trials/journal.js";
import { markFailed } from "../run/under-way.js";
import { interruption, Terminal } from "../terminal.js";
import { tableMetadata } from "../../table/stored-table.js";
import type {
  SweepDataSet,
  SweepEngine,
  SweepOptions,
  SweepPlan,
  SweepProgress,
  SweepResult,
  SweepTrialResult,
} from "../../sweep.js";
import { countOf, formatCount, formatScore } from "../../text/numbers.js";
import { onOneLine } from "../../text/printable.js";

const EXAMPLES = `
Examples:
  $ relumine sweep plan.json digits
  $ relumine sweep plan.json penguins.csv --target species --journal runs.jsonl
  $ relumine sweep plan.json digits --journal runs-2.jsonl --shard 2/8
  $ relumine sweep plan.json digits --queue redis://10.0.0.5
  $ relumine sweep plan.json digits --journal all.jsonl --with runs-1.jsonl,...

A plan is { "base": { "spec", "fit", "remedies" }, "axes": { name: values } }:
  { "base": { "spec": { "layers": [{ "units": 64 }] }, "fit": { "epochs": 3 } },
    "axes": { "learningRate": { "from": 0.01, "to": 3, "count": 8,
                                "scale": "log" },
              "bias": [-1, 0, 1] },
    "repeats": 3 }
A spec without inputs has hidden layers alone: inputs, outputs and loss are the
table's. With --journal each result is stored as it comes: what ends the sweep,
even kill -9, costs the trials under way, and the same command goes on. Values
or seeds that are added train alone. Shards share the trials, each with a
journal of its own; --with reads the others' in the end.`;

const LOG_EVERY = 10_000; // milliseconds

interface SweepCommandOptions extends TableOptions, QueueCommandOptions {
  readonly journal?: string;
  readonly with: readonly string[];
  readonly shard?: NonNullable<SweepOptions["shard"]>;
  readonly out?: string;
}

/** `2/8`, counted from 1 */
function shard(text: string): NonNullable<SweepOptions["shard"]> {
  const [, index, count] = /^(\d{1,7})\/(\d{1,7})$/.exec(text) ?? [];
  if (index === undefined || Number(index) < 1 || Number(index) > Number(count))
    throw new InvalidArgumentError('It has to be such as "2/8": the second of eight.');
  return { index: Number(index) - 1, count: Number(count) };
}

const files = (text: string, before: readonly string[]): string[] => [
  ...before,
  ...text.split(",").map((name) => name.trim()),
];

/** The bar with the best score so far; a line now and then where there is none. */
function follow(terminal: Terminal): Pick<SweepOptions, "onTrial" | "onProgress"> {
  let best: SweepTrialResult | undefined;
  let last = performance.now();
  terminal.startProgress();
  return {
    onTrial(trial) {
      if (!trial.failed && (trial.score ?? -Infinity) > (best?.score ?? -Infinity)) best = trial;
    },
    onProgress({ done, total, failed }: SweepProgress) {
      const score = best && `best ${formatScore(best.score!, best.accuracy !== undefined)}`;
      const note = [score, failed > 0 ? `${formatCount(failed)} failed` : ""].filter(Boolean).join(", ");
      terminal.progress({ label: "trials", done, total, unit: "trials", note });
      if (performance.now() - last < LOG_EVERY) return;
      last = performance.now();
      terminal.log(`${formatCount(done)} of ${countOf(total, "trial")}${note ? `, ${note}` : ""}`);
    },
  };
}

/** Before anything trains: nothing that is read is written to, and what is to be read is there. */
async function checkFiles(file: string, source: string, options: SweepCommandOptions): Promise<void> {
  const { journal, out } = options;
  const others = await Promise.all(options.with.map((name) => findFile(name, `--with ${name}`, "to be a journal")));
  checkDistinct([
    ["the plan", await findFile(file, file, "to be a plan in JSON")],
    ...[...new Set(others)].map((place) => ["--with", place] as const),
    ["--journal", await checkPlace(journal, source, "--journal")],
    ["--out", await checkPlace(out, source)],
  ]);
}

async function sweepTable(file: string, source: string, options: SweepCommandOptions, command: Command): Promise<void> {
  const { journal, with: others } = options;
  const terminal = new Terminal(options.json);
  const signal = interruption();
  await checkFiles(file, source, options);
  const given = await readPlanFile(file);
  const named = await readTableFile(source, options);
  const prepared = prepareNamed(named, forFewRows(options, named, command));
  const engine = await engineFor(options, terminal);
  const plan = withArithmetic(planForTable(given, prepared, options.seed), engine);
  terminal.tell(`${describeData(prepared, options.seed)}\n`);
  const { fileJournal, memoryJournal, sweep } = await import("../../sweep.js");
  const own = journal === undefined ? memoryJournal() : fileJournal(journal);
  const data = withValidation(prepared);
  const result = await namingQueue(() =>
    sweep(plan, data, {
      engine,
      ...((journal !== undefined || others.length > 0) && { journal: [own, ...others.map(fileJournal)] }),
      ...(options.shard && { shard: options.shard }),
      signal,
      ...follow(terminal),
    }),
  );
  if (options.json) terminal.document(toDocument(result, plan, dataRecord(prepared)));
  else terminal.tell(String(result));
  if (options.out !== undefined) await saveBest(options.out, result, plan, data, prepared, terminal);
  if (!result.stopped) return;
  tellInterrupted(terminal, [result.trials.length, result.planned], "trials", journal);
  markFailed();
}

/** A plan that says what it is trained with, so that its best network can be trained once more. */
function withArithmetic(plan: SweepPlan, { arithmetic }: SweepEngine): SweepPlan {
  const isOpen = typeof plan === "object" && plan !== null && plan.arithmetic === undefined; // what it is, sweep checks
  return isOpen && arithmetic !== undefined ? { ...plan, arithmetic } : plan;
}

/** The network of the best cell's best seed, trained once more. */
async function saveBest(
  file: string,
  { best, trials }: SweepResult,
  plan: SweepPlan,
  data: SweepDataSet,
  prepared: NamedPreparedTable,
  terminal: Terminal,
): Promise<void> {
  const [trial] = trials
    .filter(({ cell, epochs, failed }) => cell === best?.cell && epochs === best.epochs && !failed)
    .sort((a, b) => (b.score ?? 0) - (a.score ?? 0));
  if (!trial) return terminal.fail("no network was saved: none was trained to its end");
  const [{ retrain }, { exportNetwork }] = await Promise.all([import("../../sweep.js"), import("../../index.js")]);
  using network = await retrain(plan, data, trial);
  await saveFile(file, await exportNetwork(network, "safetensors", { metadata: tableMetadata(prepared) }));
  terminal.tell(`\nSaved: ${onOneLine(file)}, the network of seed ${trial.seed} there`);
}

/** The document that --json prints. */
function toDocument({ data, ...result }: SweepResult, plan: SweepPlan, table: object): object {
  return { data: { ...table, sha256: data }, plan, ...result };
}

export function sweepCommand(): Command {
  const command = new Command("sweep")
    .description("Train a network in many ways, side by side, and tell which of them kill it.")
    .argument("<plan>", "a JSON file: what varies, and what all have in common");
  return addSplitOptions(
    addQueueOptions(addTableOptions(command))
      .addOption(journalOption())
      .option("--with <files>", "journals of other shards to read, separated by commas", files, [])
      .option("--shard <i/n>", "do one part of n, the others being done elsewhere", shard)
      .option("--out <file>", 'save the best network: see "relumine diagnose"')
      .addOption(threadsOption("workers")),
  )
    .addHelpText("after", EXAMPLES)
    .action(sweepTable);
}
