// `relumine checkup`: trains a network with the textbook's two faults, shows its units die, tries the textbook's three
// remedies.
import { Command } from "commander";
import { type Checkup, checkupRecord, type Try } from "../checkup/checkup-record.js";
import {
  describeFailures,
  describeRule,
  describeRun,
  describeSetup,
  FAULTS,
  INTERRUPTED,
} from "../checkup/describe.js";
import { type CheckupOptions, PlanTrainer, RATES, type CheckupRun } from "../checkup/train-plans.js";
import { howToGoOn, journalOption, openJournal, tellJournal } from "../trials/journal.js";
import { prepareNamed } from "../prepare-table.js";
import {
  climbingRates,
  remediesOf,
  healthyPlan,
  highRatePlan,
  type FaultName,
  LETHAL_SHARE,
  negativeBiasPlan,
  type CheckupPlan,
  planName,
} from "../checkup/plans.js";
import { dataRecord, describeData } from "../data-summary.js";
import { checkDistinct, checkPlace } from "../files.js";
import { addSharedOptions, classWeightsOption, decimal, integer, threadsOption } from "../options.js";
import { readTableFile } from "../read-table.js";
import { type FaultResult, judgeAll, rowOf } from "../checkup/plan-results.js";
import { sum } from "../../core/statistics.js";
import { checkPagePlace, htmlOption, savePage } from "../save-page.js";
import { markFailed } from "../run/under-way.js";
import { interruption, Terminal } from "../terminal.js";
import { VERDICT_RULE } from "../remedy-verdict.js";
import { drawCheckupTable, drawEpochLine, drawEpochTitle, type TableLine } from "../../report/checkup-text.js";
import { checkupPage } from "../../report/pages/checkup-page.js";
import { drawDeaths } from "../../report/deaths-text.js";
import { wrap } from "../../text/wrap.js";
import { alignCells } from "../../text/columns.js";

const EXAMPLES = `
Examples:
  $ relumine checkup digits
  $ relumine checkup digits --repeats 5 --hidden 64,64,64
  $ relumine checkup penguins.csv --target species --json > checkup.json
  $ relumine checkup digits --repeats 20 --journal checkup.jsonl

Fault A is a learning rate that is too high, found by climbing from the
healthy one until a third of the hidden units are dead at the end; fault B is
a starting bias of -1. Each is met with a quarter of the rate, with a starting
bias of +0.1 and with Leaky ReLU, all from the same initial kernels, order of
rows and number of steps. Trainings run side by side, which steps/s shows;
--threads 1 times one at a time. With --journal the same command goes on where
it was interrupted or killed, but for the three trainings that are shown.`;

function isLethal({ dead, units }: CheckupRun): boolean {
  return dead !== undefined && sum(dead) >= LETHAL_SHARE * sum(units);
}

function paintLine({ colors: { bold, dim, green, yellow, red } }: Terminal, { text, row, isRange }: TableLine): string {
  if (row === undefined || isRange) return dim(text);
  if (row.name.startsWith("faulty")) return red(text);
  const paints: Record<string, (text: string) => string> = { cured: green, helped: yellow, "made it worse": red };
  return row.verdict === "" ? bold(text) : (paints[row.verdict] ?? String)(text);
}

function tellTable({ terminal, scale, options }: PlanTrainer, { fault, results }: FaultResult): void {
  const lines = drawCheckupTable(results.map(rowOf), scale, options.repeats > 1);
  terminal.tell(["", ...lines.map((line) => paintLine(terminal, line)), ""].join("\n"));
  for (const text of describeFailures({ fault, results })) terminal.tell(wrap(text, 80, "  "));
}

async function showFaulty(trainer: PlanTrainer, plan: CheckupPlan, title: string): Promise<CheckupRun | undefined> {
  const { terminal, scale, seeds } = trainer;
  const { bold, dim } = terminal.colors;
  trainer.begin([plan, ...remediesOf(plan)]);
  terminal.tell(`\n${bold(title)}\n${dim(drawEpochTitle(scale))}`);
  const faulty = await trainer.run(plan, seeds[0], "units dying", (line) => terminal.tell(drawEpochLine(line, scale)));
  if (faulty?.stopped === "diverged")
    terminal.tell("Diverged: the training stopped, the last finite weights are kept.");
  if (faulty?.deaths) terminal.tell(["", ...drawDeaths(faulty.deaths, faulty.revivals?.length)].join("\n"));
  return faulty;
}

/**
 * The faulty plan over all seeds, untraced, since a trace takes time of its own; the deaths are those of the run that
 * was shown.
 */
async function repeatFaulty(trainer: PlanTrainer, shown: CheckupRun): Promise<CheckupRun[]> {
  const runs = await trainer.repeat(shown.plan, "units dying");
  if (runs.length === 0) return [shown];
  return runs.map((run) =>
    run.seed === shown.seed ? { ...run, deaths: shown.deaths, revivals: shown.revivals, course: shown.course } : run,
  );
}

async function remedy(
  trainer: PlanTrainer,
  fault: FaultName,
  healthy: readonly CheckupRun[],
  faulty: CheckupRun,
): Promise<FaultResult> {
  const groups = [healthy, await repeatFaulty(trainer, faulty)];
  for (const plan of remediesOf(faulty.plan)) groups.push(await trainer.repeat(plan, planName(plan, fault)));
  const result = judgeAll(fault, groups);
  tellTable(trainer, result);
  const seed = trainer.options.repeats > 1 ? ` (seed ${faulty.seed})` : "";
  if (faulty.diagnosis) trainer.terminal.tell(`\nThe faulty network${seed}:\n${faulty.diagnosis}`);
  return result;
}

/**
 * Climbs until a third of the hidden units are dead at the end; all tries, the last one the lethal one if there is any.
 */
async function climb(trainer: PlanTrainer): Promise<{ tries: Try[]; lethalRate?: number }> {
  const { terminal, seeds } = trainer;
  const tries: Try[] = [];
  const plans = climbingRates(trainer.healthyRate).map(highRatePlan);
  for (const [place, plan] of plans.entries()) {
    const { learningRate: rate } = plan;
    trainer.beginFirst(plans.slice(place)); // the last ones may turn out not to be needed
    const run = await trainer.runBeside(plan, seeds[0], `rate ${rate}`);
    if (run === undefined) break;
    tries.push({ learningRate: rate, dead: run.dead, score: run.score, stopped: run.stopped });
    terminal.tell(alignCells([`  rate ${rate}`, describeRun(trainer, run)], [13], []));
    if (isLethal(run)) return { tries, lethalRate: rate };
  }
  return { tries };
}

async function highRate(trainer: PlanTrainer, healthy: readonly CheckupRun[]): Promise<Omit<Checkup, "healthy">> {
  const { terminal } = trainer;
  terminal.tell(
    `\n${terminal.colors.bold(`${FAULTS.highRate.name}: ${FAULTS.highRate.what}`)}\n` +
      "Climbing until a third of the hidden units are dead at the end:",
  );
  const { tries, lethalRate } = await climb(trainer);
  if (lethalRate === undefined) {
    if (!trainer.signal.aborted)
      terminal.tell(
        `No rate up to ${tries.at(-1)?.learningRate} kills a third of them here: there is no fault A to cure.`,
      );
    return { tries, faults: [] };
  }
  const faulty = await showFaulty(trainer, highRatePlan(lethalRate), `Rate ${lethalRate}, epoch by epoch`);
  return { tries, faults: faulty ? [await remedy(trainer, "highRate", healthy, faulty)] : [] };
}

async function negativeBias(trainer: PlanTrainer, healthy: readonly CheckupRun[]): Promise<FaultResult[]> {
  const faulty = await showFaulty(
    trainer,
    negativeBiasPlan(trainer.healthyRate),
    `${FAULTS.negativeBias.name}: ${FAULTS.negativeBias.what}, epoch by epoch`,
  );
  return faulty ? [await remedy(trainer, "negativeBias", healthy, faulty)] : [];
}

async function examine(trainer: PlanTrainer): Promise<Checkup> {
  const { terminal } = trainer;
  const healthy = await trainer.repeat(healthyPlan(trainer.healthyRate), "healthy");
  if (healthy.length === 0) return { healthy, tries: [], faults: [] };
  terminal.tell(`Healthy, rate ${trainer.healthyRate}: ${describeRun(trainer, healthy[0])}`);
  if (healthy[0].learning) terminal.tell(wrap(healthy[0].learning.verdict, 80, "  "));
  if (isLethal(healthy[0]))
    terminal.tell(
      wrap(
        "A third of its units are dead already: it is not healthy, and the remedies are judged by it. A " +
          "lower --learning-rate may help.",
      ),
    );
  const { tries, faults } = await highRate(trainer, healthy);
  return { healthy, tries, faults: [...faults, ...(await negativeBias(trainer, healthy))] };
}

function withoutDiagnosis(run: CheckupRun): object {
  return { ...run, diagnosis: undefined }; // JSON leaves undefined out
}

/** The document that --json prints: every run, and the faulty networks' diagnoses. */
function toDocument(
  { prepared, options, signal, healthyRate }: PlanTrainer,
  { healthy, tries, faults }: Checkup,
): object {
  const { hidden, epochs, batchSize, seed, repeats } = options;
  return {
    data: dataRecord(prepared),
    options: { hidden, epochs, batchSize, learningRate: healthyRate, seed, repeats },
    interrupted: signal.aborted,
    rule: VERDICT_RULE,
    healthy: healthy.map(withoutDiagnosis),
    climb: tries,
    faults: faults.map(({ fault, results }) => ({
      fault,
      runs: results.map((result) => ({
        ...result,
        runs: result.runs.map(withoutDiagnosis),
        score: rowOf(result).score,
        closed: rowOf(result).closed,
      })),
      diagnosis: results.find(({ plan }) => plan.role === "faulty")?.runs[0]?.diagnosis,
    })),
  };
}

async function checkup(source: string, options: CheckupOptions): Promise<void> {
  const terminal = new Terminal(options.json);
  const signal = interruption();
  checkDistinct([
    ["--html", await checkPagePlace(options, source)],
    ["--journal", await checkPlace(options.journal, source, "--journal")],
  ]);
  const prepared = prepareNamed(await readTableFile(source, options), options);
  terminal.tell(describeData(prepared, options.seed));
  const [library, { FollowedTrials }] = await Promise.all([
    import("../../index.js"),
    import("../trials/followed-trials.js"),
  ]);
  const { threads } = options;
  const journal = await openJournal(options.journal);
  const trials = new FollowedTrials(prepared.training, prepared.judges, { threads, journal }, signal);
  const trainer = new PlanTrainer(prepared, options, terminal, signal, library, trials);
  terminal.tell(`${describeSetup(trainer)}\n`);
  const result = await examine(trainer).finally(() => trials.end());
  if (result.faults.length > 0) terminal.tell(`\n${terminal.colors.dim(wrap(describeRule(trainer)))}`);
  if (options.json) terminal.document(toDocument(trainer, result));
  if (result.healthy.length > 0)
    await savePage(terminal, options, (madeBy) => checkupPage(checkupRecord(trainer, result, madeBy)));
  tellJournal(terminal, trials.journal);
  if (!signal.aborted) return;
  terminal.tell(terminal.colors.yellow(wrap(`${INTERRUPTED} ${howToGoOn(options.journal)}`)));
  markFailed();
}

export function checkupCommand(): Command {
  return addSharedOptions(new Command("checkup"), { hidden: [128, 128], epochs: 10 })
    .description(
      "Train a network with the textbook's two faults, watch its units die, and try the textbook's three remedies.",
    )
    .option(
      "--learning-rate <rate>",
      `of the healthy network (default: ${RATES.classification}, or ${RATES.regression} for a target of numbers)`,
      decimal({ low: 0, openLow: true }),
    )
    .option("--repeats <count>", "seeds to try: medians and ranges", integer({ low: 1, high: 100 }), 1)
    .addOption(threadsOption())
    .addOption(journalOption())
    .addOption(classWeightsOption())
    .addOption(htmlOption())
    .addHelpText("after", EXAMPLES)
    .action(checkup);
}
