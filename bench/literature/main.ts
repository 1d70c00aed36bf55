// npm run literature: the figures that theory and papers give of dying ReLUs, measured with the package itself.
import { parseArgs } from "node:util";
import { interruption, Terminal } from "../../src/cli/terminal.js";
import { readCount, runCommand } from "../command.js";
import { collapses } from "./collapse.js";
import { deepMnist } from "./deep-mnist.js";
import type { Experiment } from "./experiment.js";
import { boxUnit, intervalUnit, xorUnit } from "./first-layer.js";
import { oneUnit } from "./one-unit.js";
import { HEADING, judge, line, type Verdict } from "./table.js";
import { allRelu } from "./thread.js";
import { Trials } from "./trials.js";
import { constantNetwork, deepConstantNetwork, silentNetwork } from "./whole-network.js";

const OPTIONS = {
  json: { type: "boolean", default: false },
  quick: { type: "boolean", default: false },
  filter: { type: "string", default: "" },
  runs: { type: "string", default: "1000" },
  help: { type: "boolean", default: false },
} as const;

const HELP = `usage: npm run literature -- [options]
  --filter TEXT  only experiments with TEXT in their name
  --quick        without the slow ones: the ten-layer and 34-layer networks
  --runs N       runs of each ten-layer network (default 1000)
  --json         one JSON document on stdout
Exit code: 0 all figures as expected, 1 a figure is not or the run was interrupted, 2 bad usage.`;

type Options = { readonly json: boolean; readonly experiments: readonly Experiment[] };

/** @throws Error for bad usage; undefined: help is asked for */
function readOptions(): Options | undefined {
  const { values } = parseArgs({ options: OPTIONS });
  if (values.help) return undefined;
  const runs = readCount("runs", values.runs);
  const all = [
    oneUnit,
    xorUnit,
    boxUnit,
    intervalUnit,
    silentNetwork,
    allRelu,
    constantNetwork,
    deepConstantNetwork,
    ...collapses(runs),
    deepMnist,
  ];
  const experiments = all.filter(({ name, isSlow }) => name.includes(values.filter) && !(values.quick && isSlow));
  if (experiments.length === 0)
    throw new Error(
      `--filter ${values.filter}: no experiment has that in its name; ` +
        `there are ${all.map(({ name }) => `"${name}"`).join(", ")}`,
    );
  return { json: values.json, experiments };
}

interface Report {
  readonly name: string;
  readonly setup: string;
  readonly figures: readonly Verdict[];
}

async function runAll(experiments: readonly Experiment[], terminal: Terminal, signal: AbortSignal): Promise<Report[]> {
  const trials = new Trials(terminal, signal);
  const reports: Report[] = [];
  terminal.tell(HEADING);
  for (const experiment of experiments) {
    if (signal.aborted) break;
    const { name, setup } = experiment;
    const figures = (await experiment.run(trials)).filter(({ count }) => count > 0 || !signal.aborted).map(judge);
    reports.push({ name, setup, figures });
    terminal.tell([`${name}: ${setup}`, ...figures.map(line)].join("\n"));
  }
  return reports;
}

async function main({ json, experiments }: Options): Promise<number> {
  const terminal = new Terminal(json);
  const signal = interruption();
  const reports = await runAll(experiments, terminal, signal);
  const figures = reports.flatMap(({ figures }) => figures);
  const wrong = figures.filter(({ isFine }) => !isFine).length;
  const ok = wrong === 0 && !signal.aborted;
  if (json) terminal.document({ ok, interrupted: signal.aborted, experiments: reports });
  if (signal.aborted) terminal.fail("interrupted: these are the figures so far");
  terminal.tell(
    wrong === 0
      ? `${figures.length} figures${signal.aborted ? " so far" : ""}, all as expected`
      : `${wrong} of ${figures.length} figures are not as expected`,
  );
  return ok ? 0 : 1;
}

await runCommand(HELP, readOptions, main);
