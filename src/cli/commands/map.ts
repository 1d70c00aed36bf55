// `relumine map`: a training at many settings of one or two things, and where its units die.
import { Command, Option } from "commander";
import { dataFacts, dataRecord, describeData } from "../data-summary.js";
import { checkDistinct, checkPlace } from "../files.js";
import { specFor } from "../network-for-table.js";
import {
  addSharedOptions,
  addTrainingOptions,
  classWeightsOf,
  integer,
  oneOf,
  optimizerOf,
  planFitOf,
  threadsOption,
  type TrainingOptions,
} from "../options.js";
import { forFewRows, type NamedPreparedTable, prepareNamed, withValidation } from "../prepare-table.js";
import { readTableFile } from "../read-table.js";
import { checkPagePlace, htmlOption, type PageOptions, savePage, savePicture } from "../save-page.js";
import { mapAxis, setting } from "../sweep/map-options.js";
import { addQueueOptions, engineFor, namingQueue, type QueueCommandOptions } from "../sweep/queue-options.js";
import { journalOption, tellInterrupted, tellJournal } from "../trials/journal.js";
import { markFailed } from "../run/under-way.js";
import { interruption, Terminal } from "../terminal.js";
import { shapeText } from "../../report/model-text.js";
import type { DeathMap, MapAxis, MapOptions, MapPlan } from "../../sweep.js";
import type { MapColor } from "../../sweep/map/look.js";
import { drawCells, drawLegend, drawMap } from "../../sweep/map/map-text.js";
import { mapPage, pictureOf } from "../../sweep/map/pictures.js";
import { axisWord } from "../../sweep/map/words.js";
import { countOf, formatCount, roundTo } from "../../text/numbers.js";

const EXAMPLES = `
Examples:
  $ relumine map digits
  $ relumine map digits --cells 32 --epochs 3 --html map.html --svg map.svg
  $ relumine map penguins.csv --target species --learning-rate 0.1 --color score
  $ relumine map digits --x learningRate=0.01..3
  $ relumine map digits --x units=4,8,16,32,64 --y bias=-2..1:12
  $ relumine map digits --x fit.optimizer.options.momentum=0..0.99

A side is NAME=FROM..TO, with :COUNT and :log or :linear behind it if you like, or
NAME=A,B,C. Names are those of "relumine sweep": learningRate, bias, units,
depth, activation, optimizer, batchSize, epochs, or a path of the plan's base.
With --x alone the map is a line; over rates with a range test, and a forecast
and how well it did. Cells come coarse first; with --journal what is in is kept,
and the same command goes on.`;

const REDRAW = 150; // milliseconds
const LOG_EVERY = 10_000;
/** Rates of a map go so far above the optimizer's own. */
const RATES = 300;
/** Starting biases of a map. */
const BIASES = [-2, 1] as const;

interface MapCommandOptions extends TrainingOptions, PageOptions, QueueCommandOptions {
  readonly x?: MapAxis;
  readonly y?: MapAxis;
  readonly cells?: number;
  readonly repeats: number;
  readonly color: MapColor;
  readonly at: Readonly<Record<string, unknown>>;
  readonly svg?: string;
  readonly journal?: string;
}

const isRate = (value: unknown): value is number => typeof value === "number" && value > 0;

/** From the optimizer's own rate up; wider where the setting that is marked would lie outside. */
function ratesOf(options: MapCommandOptions, library: typeof import("../../index.js")): MapAxis {
  const { learningRate: own } = optimizerOf({ ...options, learningRate: undefined }, library);
  const marked = [options.learningRate, options.at.learningRate].filter(isRate);
  return {
    name: "learningRate",
    values: { from: Math.min(own, ...marked), to: Math.max(roundTo(RATES * own, 6), ...marked) },
  };
}

function biasesOf({ bias, at }: MapCommandOptions): MapAxis {
  const marked = [bias, at.bias].filter((value) => typeof value === "number");
  return { name: "bias", values: { from: Math.min(...BIASES, ...marked), to: Math.max(...BIASES, ...marked) } };
}

/** Both sides unless only the first is asked for. */
function sidesOf(options: MapCommandOptions, library: typeof import("../../index.js")): { x: MapAxis; y?: MapAxis } {
  const { x, y, cells } = options;
  const sized = (axis: MapAxis): MapAxis =>
    cells === undefined || Array.isArray(axis.values) ? axis : { ...axis, values: { count: cells, ...axis.values } };
  const up = y ?? (x ? undefined : biasesOf(options));
  return { x: sized(x ?? ratesOf(options, library)), ...(up && { y: sized(up) }) };
}

function planFor(
  prepared: NamedPreparedTable,
  options: MapCommandOptions,
  library: typeof import("../../index.js"),
): MapPlan {
  const { epochs, batchSize, repeats, color, at } = options;
  return {
    base: {
      spec: specFor(prepared, options),
      fit: {
        epochs,
        batchSize,
        ...planFitOf(options),
        ...classWeightsOf(options, prepared),
      },
    },
    ...sidesOf(options, library),
    repeats,
    at,
    ...(color === "cause" && { trace: true }),
  };
}

/** The map so far, drawn anew now and then; a line now and then where there is no terminal. */
function follow(terminal: Terminal, color: MapColor): NonNullable<MapOptions["onProgress"]> {
  let drawn = 0;
  let logged = performance.now();
  let next = 16;
  return ({ done, total }, soFar) => {
    const now = performance.now();
    const state = `${formatCount(done)} of ${countOf(total, "training")}`;
    if (terminal.hasBar && now - drawn > REDRAW) {
      const map = soFar();
      const rows = Math.max(4, (process.stderr.rows || 24) - 6);
      const cells = drawCells(map, { color, rows });
      terminal.live([...cells, drawLegend(map, { color }), state]);
      drawn = performance.now() + (performance.now() - now); // drawing takes at most half the time
    }
    if (done < next && now - logged < LOG_EVERY) return;
    if (done >= next) next *= 4;
    logged = now;
    terminal.log(state);
  };
}

/** The document that --json prints: the same whoever did the trials, but for seconds and hosts. */
function toDocument({ journal: _, data, ...map }: DeathMap, plan: MapPlan, table: object): object {
  return { data: { ...table, sha256: data }, plan, ...map };
}

async function mapTable(source: string, options: MapCommandOptions, command: Command): Promise<void> {
  const { journal, color, svg } = options;
  const terminal = new Terminal(options.json);
  const signal = interruption();
  const places = [
    ["--journal", await checkPlace(journal, source, "--journal")],
    ["--svg", await checkPlace(svg, source, "--svg")],
    ["--html", await checkPagePlace(options, source)],
  ] as const;
  checkDistinct(places);
  const named = await readTableFile(source, options);
  const prepared = prepareNamed(named, forFewRows(options, named, command));
  const engine = await engineFor(options, terminal);
  const library = await import("../../index.js");
  const plan = { ...planFor(prepared, options, library), ...(engine.arithmetic && { arithmetic: engine.arithmetic }) };
  terminal.tell(`${describeData(prepared, options.seed)}\n`);
  const { deathMap, fileJournal } = await import("../../sweep.js");
  const data = withValidation(prepared);
  const map = await namingQueue(() =>
    deathMap(plan, data, {
      engine,
      ...(journal !== undefined && { journal: fileJournal(journal) }),
      signal,
      onProgress: follow(terminal, color),
    }),
  );
  if (options.json) terminal.document(toDocument(map, plan, dataRecord(prepared)));
  else terminal.tell(drawMap(map, { color, colors: terminal.hasColors }));
  tellJournal(terminal, map.journal);
  await savePicture(terminal, svg, () => pictureOf(map, color));
  await savePage(terminal, options, (madeBy) => mapPage(map, subjectOf(prepared, plan, options, madeBy), color));
  if (!map.stopped) return;
  tellInterrupted(terminal, [map.trials, map.planned], "trainings", journal);
  markFailed();
}

function subjectOf(
  prepared: NamedPreparedTable,
  { base, x, y, repeats }: MapPlan,
  options: MapCommandOptions,
  madeBy: string,
) {
  const { spec } = base;
  const title = y ? "Map of death" : `Dead units by ${axisWord(x.name)}`;
  const facts: [string, string][] = [
    ...dataFacts(prepared, options.seed),
    ["network", `${shapeText(spec)}, ${options.activation}`],
    ["training", `${options.optimizer}, ${countOf(options.epochs, "epoch")}, batches of ${options.batchSize}`],
    ["seeds", `${formatCount(repeats ?? 1)} of each cell, from ${options.seed} on`],
  ];
  return { title: `${title}: ${prepared.name}`, facts, notes: prepared.notes, madeBy };
}

export function mapCommand(): Command {
  const command = addSharedOptions(new Command("map"), { hidden: [64], epochs: 10 });
  return addQueueOptions(addTrainingOptions(command, "sgd"))
    .description("Train at many rates and starts, and draw where the units die.")
    .addOption(
      new Option("--x <axis>", "what varies across (default: rates from the optimizer's own on)").argParser(mapAxis),
    )
    .addOption(
      new Option("--y <axis>", "what varies upwards (default: starting biases, with --x nothing)").argParser(mapAxis),
    )
    .option("--cells <count>", "cells along a side (default: 24)", integer({ low: 2 }))
    .option("--repeats <count>", "seeds of each cell", integer({ low: 1, high: 1000 }), 3)
    .option("--color <what>", "dead, score or cause, which traces deaths", oneOf(["dead", "score", "cause"]), "dead")
    .addOption(
      new Option("--at <setting>", 'another setting to mark, e.g. "learningRate=0.1,bias=0"')
        .argParser(setting)
        .default({}, "that of the other options"),
    )
    .option("--svg <file>", "write the map as a picture")
    .addOption(htmlOption("write the map as a page, without scripts or requests"))
    .addOption(journalOption())
    .addOption(threadsOption("workers"))
    .addHelpText("after", EXAMPLES)
    .action(mapTable);
}
