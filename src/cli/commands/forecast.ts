// `relumine forecast`: what to expect of a network on a table, before it is trained.
import { Command } from "commander";
import { prepareNamed, type NamedPreparedTable } from "../prepare-table.js";
import { dataRecord, describeData } from "../data-summary.js";
import { specFor } from "../network-for-table.js";
import { addLayerOptions, addSharedOptions, decimal, type LayerOptions, type SharedOptions } from "../options.js";
import { readTableFile } from "../read-table.js";
import { Terminal } from "../terminal.js";

interface ForecastCommandOptions extends SharedOptions, LayerOptions {
  readonly learningRate?: number;
}

const EXAMPLES = `
Examples:
  $ relumine forecast penguins.csv --target species
  $ relumine forecast digits --hidden 2,2,2,2 --learning-rate 1

Nothing is trained: networks are drawn as they would start, and looked at on the
training rows. Rates that kill are those of one plain gradient step.`;

async function forecastTable(source: string, options: ForecastCommandOptions): Promise<void> {
  const terminal = new Terminal(options.json);
  const prepared: NamedPreparedTable = prepareNamed(await readTableFile(source, options), options);
  const { training } = prepared;
  terminal.tell(`${describeData(prepared, options.seed)}\n`);
  const { forecast } = await import("../../index.js");
  const spec = specFor(prepared, options);
  const result = forecast(spec, training.x, {
    targets: training.y,
    learningRate: options.learningRate,
    seed: options.seed,
  });
  if (options.json)
    terminal.document({
      data: dataRecord(prepared),
      network: { spec },
      forecast: result,
    });
  else terminal.tell(String(result));
}

export function forecastCommand(): Command {
  const command = addSharedOptions(new Command("forecast"), { hidden: [64, 32], epochs: 50 })
    .description("Say before training which units are likely to die, and of what.")
    .option("--learning-rate <rate>", "the step size to judge", decimal({ low: 0, openLow: true }));
  return addLayerOptions(command).addHelpText("after", EXAMPLES).action(forecastTable);
}
