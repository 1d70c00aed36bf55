// `relumine checkup`: makes a network ill in the textbook's two ways, shows its units die, tries the textbook's three cures.
import { Command } from "commander";
import { type CheckupOptions, Clinic, RATES, type Run } from "../checkup/train-plans.js";
import { prepareTable } from "../../table/prepare.js";
import {
  climbingRates,
  curesOf,
  explainFailure,
  healthyPlan,
  highRatePlan,
  type IllnessName,
  LETHAL_SHARE,
  NEGATIVE_BIAS,
  negativeBiasPlan,
  type Plan,
  planName,
} from "../checkup/plans.js";
import { inputWidth } from "../../table/inputs.js";
import { addSharedOptions, decimal, integer } from "../options.js";
import { readTable } from "../read-table.js";
import { type IllnessResult, judgeAll, rowOf } from "../checkup/plan-results.js";
import { sum } from "../../core/statistics.js";
import { interruption, Terminal } from "../terminal.js";
import { VERDICT_RULE } from "../remedy-verdict.js";
import type { History } from "../../index.js";
import { drawCheckupTable, drawEpochLine, drawEpochTitle, type TableLine } from "../../report/checkup-text.js";
import { drawDeaths } from "../../report/deaths-text.js";
import { drawData } from "../../report/training-text.js";
import { wrap } from "../../text/wrap.js";
import { alignCells } from "../../text/columns.js";
import { formatCount, formatScore } from "../../text/numbers.js";

const EXAMPLES = `
Examples:
  $ relumine checkup digits
  $ relumine checkup digits --repeats 5 --hidden 64,64,64
  $ relumine checkup penguins.csv --target species --json > checkup.json

Illness A is a learning rate that is too high, found by climbing from the
healthy one until a third of the hidden units are dead at the end; illness B is
a starting bias of -1. Each is met with a quarter of the rate, with a starting
bias of +0.1 and with Leaky ReLU, all from the same initial kernels, order of
rows and number of steps.`;

/** `131 of 256 units dead, accuracy 73.6 %` */
function describeRun({ scale: { isAccuracy } }: Clinic, { dead, units, score, stopped }: Run): string {
  const count = dead ? `${formatCount(sum(dead))} of ${formatCount(sum(units))} units dead` : "the numbers overflow";
  return `${count}, ${isAccuracy ? "accuracy" : "R²"} ${formatScore(score, isAccuracy)}${stopped ? `, ${stopped}` : ""}`;
}

function isLethal({ dead, units }: Run): boolean {
  return dead !== undefined && sum(dead) >= LETHAL_SHARE * sum(units);
}

function paintLine({ colors: { bold, dim, green, yellow, red } }: Terminal, { text, row, isRange }: TableLine): string {
  if (row === undefined || isRange) return dim(text);
  if (row.name.startsWith("ill")) return red(text);
  const paints: Record<string, (text: string) => string> = { cured: green, helped: yellow, "made it worse": red };
  return row.verdict === "" ? bold(text) : (paints[row.verdict] ?? String)(text);
}

function tellTable({ terminal, scale, options }: Clinic, { illness, results }: IllnessResult): void {
  const lines = drawCheckupTable(results.map(rowOf), scale, options.repeats > 1);
  terminal.tell(["", ...lines.map((line) => paintLine(terminal, line)), ""].join("\n"));
  for (const { name, plan, verdict } of results) {
    const reason = verdict && explainFailure(illness, plan, verdict);
    if (reason)
      terminal.tell(
        wrap(`${name} ${verdict === "helped" ? "helped, no more" : verdict}: it answers ${reason}.`, 80, "  "),
      );
  }
}

async function showIll(clinic: Clinic, plan: Plan, title: string): Promise<Run | undefined> {
  const { terminal, scale, seeds } = clinic;
  const { bold, dim } = terminal.colors;
  terminal.tell(`\n${bold(title)}\n${dim(drawEpochTitle(scale))}`);
  const ill = await clinic.run(plan, seeds[0], "falling ill", (line) => terminal.tell(drawEpochLine(line, scale)));
  if (ill?.stopped === "diverged") terminal.tell("Diverged: the training stopped, the last finite weights are kept.");
  if (ill?.deaths) terminal.tell(["", ...drawDeaths(ill.deaths, ill.revivals?.length)].join("\n"));
  return ill;
}

/** The ill plan over all seeds, untraced, since a trace takes time of its own; the deaths are those of the run that was shown. */
async function repeatIll(clinic: Clinic, shown: Run): Promise<Run[]> {
  const runs = await clinic.repeat(shown.plan, "falling ill");
  if (runs.length === 0) return [shown];
  return runs.map((run) =>
    run.seed === shown.seed ? { ...run, deaths: shown.deaths, revivals: shown.revivals } : run,
  );
}

async function cure(clinic: Clinic, illness: IllnessName, healthy: readonly Run[], ill: Run): Promise<IllnessResult> {
  const groups = [healthy, await repeatIll(clinic, ill)];
  for (const plan of curesOf(ill.plan)) groups.push(await clinic.repeat(plan, planName(plan, illness)));
  const result = judgeAll(illness, groups);
  tellTable(clinic, result);
  const seed = clinic.options.repeats > 1 ? ` (seed ${ill.seed})` : "";
  if (ill.diagnosis) clinic.terminal.tell(`\nThe ill network${seed}:\n${ill.diagnosis}`);
  return result;
}

/** One step of the climb to a lethal rate. */
interface Try {
  readonly learningRate: number;
  /** By hidden layer; missing where the numbers overflow. */
  readonly dead?: readonly number[];
  readonly score: number;
  readonly stopped?: History["stopped"];
}

/** Climbs until a third of the hidden units are dead at the end; all tries, the last one the lethal one if there is any. */
async function climb(clinic: Clinic): Promise<{ tries: Try[]; lethalRate?: number }> {
  const { terminal, seeds } = clinic;
  const tries: Try[] = [];
  for (const rate of climbingRates(clinic.healthyRate)) {
    const run = await clinic.run(highRatePlan(rate), seeds[0], `rate ${rate}`);
    if (run === undefined) break;
    tries.push({ learningRate: rate, dead: run.dead, score: run.score, stopped: run.stopped });
    terminal.tell(alignCells([`  rate ${rate}`, describeRun(clinic, run)], [13], []));
    if (isLethal(run)) return { tries, lethalRate: rate };
  }
  return { tries };
}

interface Checkup {
  readonly healthy: readonly Run[];
  readonly tries: readonly Try[];
  readonly illnesses: readonly IllnessResult[];
}

async function highRate(clinic: Clinic, healthy: readonly Run[]): Promise<Omit<Checkup, "healthy">> {
  const { terminal } = clinic;
  terminal.tell(
    `\n${terminal.colors.bold("Illness A: a learning rate that is too high")}\nClimbing until a third of the hidden units are dead at the end:`,
  );
  const { tries, lethalRate } = await climb(clinic);
  if (lethalRate === undefined) {
    if (!clinic.signal.aborted)
      terminal.tell(
        `No rate up to ${tries.at(-1)?.learningRate} kills a third of them here: there is no illness A to cure.`,
      );
    return { tries, illnesses: [] };
  }
  const ill = await showIll(clinic, highRatePlan(lethalRate), `Rate ${lethalRate}, epoch by epoch`);
  return { tries, illnesses: ill ? [await cure(clinic, "highRate", healthy, ill)] : [] };
}

async function negativeBias(clinic: Clinic, healthy: readonly Run[]): Promise<IllnessResult[]> {
  const ill = await showIll(
    clinic,
    negativeBiasPlan(clinic.healthyRate),
    `Illness B: a starting bias of ${NEGATIVE_BIAS}, epoch by epoch`,
  );
  return ill ? [await cure(clinic, "negativeBias", healthy, ill)] : [];
}

async function examine(clinic: Clinic): Promise<Checkup> {
  const { terminal } = clinic;
  const healthy = await clinic.repeat(healthyPlan(clinic.healthyRate), "healthy");
  if (healthy.length === 0) return { healthy, tries: [], illnesses: [] };
  terminal.tell(`Healthy, rate ${clinic.healthyRate}: ${describeRun(clinic, healthy[0])}`);
  if (isLethal(healthy[0]))
    terminal.tell(
      wrap(
        "A third of its units are dead already: it is not healthy, and the cures are judged by it. A lower --learning-rate may help.",
      ),
    );
  const { tries, illnesses } = await highRate(clinic, healthy);
  return { healthy, tries, illnesses: [...illnesses, ...(await negativeBias(clinic, healthy))] };
}

function tellRule({ terminal, scale }: Clinic): void {
  const { dim } = terminal.colors;
  const score = scale.isAccuracy ? "Accuracy is that on the held-out rows" : "R² is that on the held-out rows";
  const closed =
    "A unit is dead if no training row opens it; in brackets: Leaky ReLU units that no row opens, which still pass a little gradient and so are not dead.";
  terminal.tell(`\n${dim(wrap(`${score}; steps/s counts updates of one batch each. ${closed} ${VERDICT_RULE}`))}`);
}

function withoutDiagnosis(run: Run): object {
  return { ...run, diagnosis: undefined }; // JSON leaves undefined out
}

/** The document that --json prints: every run, and the ill networks' diagnoses. */
function toDocument(
  { prepared, options, signal, healthyRate }: Clinic,
  { healthy, tries, illnesses }: Checkup,
): object {
  const { name, task, notes, training, heldOut } = prepared;
  const { hidden, epochs, batchSize, seed, repeats } = options;
  return {
    data: { name, task, trainingRows: training.x.rows, heldOutRows: heldOut.x.rows, notes },
    options: { hidden, epochs, batchSize, learningRate: healthyRate, seed, repeats },
    interrupted: signal.aborted,
    rule: VERDICT_RULE,
    healthy: healthy.map(withoutDiagnosis),
    climb: tries,
    illnesses: illnesses.map(({ illness, results }) => ({
      illness,
      runs: results.map((result) => ({
        ...result,
        runs: result.runs.map(withoutDiagnosis),
        score: rowOf(result).score,
        closed: rowOf(result).closed,
      })),
      diagnosis: results.find(({ plan }) => plan.role === "ill")?.runs[0]?.diagnosis,
    })),
  };
}

async function checkup(source: string, options: CheckupOptions): Promise<void> {
  const terminal = new Terminal(options.json);
  const signal = interruption();
  const prepared = prepareTable(await readTable(source), options);
  const { name, training, heldOut, notes, preprocessing } = prepared;
  const inputs = inputWidth(preprocessing.inputs);
  terminal.tell(
    drawData({ name, notes, inputs, trainingRows: training.x.rows, heldOutRows: heldOut.x.rows, seed: options.seed }),
  );
  const outputs = preprocessing.target.kind === "classes" ? preprocessing.target.classes.length : 1;
  terminal.tell(
    `network ${[inputs, ...options.hidden, outputs].join("-")}, ReLU, He normal; SGD, batches of ${options.batchSize}, ${options.epochs} epochs${options.repeats > 1 ? `, ${options.repeats} seeds` : ""}\n`,
  );
  const clinic = new Clinic(prepared, options, terminal, signal, await import("../../index.js"));
  const result = await examine(clinic);
  if (result.illnesses.length > 0) tellRule(clinic);
  if (options.json) terminal.document(toDocument(clinic, result));
  if (!signal.aborted) return;
  terminal.tell(terminal.colors.yellow("Interrupted: these are the runs that were finished."));
  process.exitCode = 1;
}

export function checkupCommand(): Command {
  return addSharedOptions(new Command("checkup"), { hidden: [128, 128], epochs: 10 })
    .description(
      "Make a network ill in the textbook's two ways, watch its units die, and try the textbook's three cures.",
    )
    .option(
      "--learning-rate <rate>",
      `of the healthy network (default: ${RATES.classification}, or ${RATES.regression} for a target of numbers)`,
      decimal({ low: 0, openLow: true }),
    )
    .option("--repeats <count>", "seeds to try: medians and ranges", integer({ low: 1, high: 100 }), 1)
    .addHelpText("after", EXAMPLES)
    .action(checkup);
}
