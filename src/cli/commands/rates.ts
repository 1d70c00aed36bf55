// `relumine rates`: which learning rate to begin with, and which ones kill.
import { Command } from "commander";
import { dataFacts, dataRecord, describeData } from "../data-summary.js";
import { checkDistinct, checkPlace, followLinks } from "../files.js";
import { specFor } from "../network-for-table.js";
import {
  addLayerOptions,
  addLossOptions,
  addSplitOptions,
  addTableOptions,
  batchSizeOption,
  classWeightsOf,
  decimal,
  hiddenOption,
  integer,
  optimizerOf,
  optimizerOption,
  type TrainingOptions,
} from "../options.js";
import { prepareNamed } from "../prepare-table.js";
import { readTableFile } from "../read-table.js";
import { checkPagePlace, htmlOption, type PageOptions, savePage, savePicture } from "../save-page.js";
import { asTrained, checkSameEncoding, loadInstead } from "../stored-model.js";
import { markFailed } from "../run/under-way.js";
import { interruption, Terminal } from "../terminal.js";
import { shapeText } from "../../report/model-text.js";
import { lossByRate, ratesPage } from "../../report/pages/rates-page.js";

interface RatesOptions extends Omit<TrainingOptions, "epochs" | "learningRate" | "schedule">, PageOptions {
  readonly low?: number;
  readonly high?: number;
  readonly steps: number;
  readonly svg?: string;
  readonly model?: string;
}

const EXAMPLES = `
Examples:
  $ relumine rates digits
  $ relumine rates digits --optimizer sgd --html rates.html --svg rates.svg
  $ relumine rates penguins.csv --target species --low 1e-4 --high 10
  $ relumine rates penguins.csv --target species --model penguins.safetensors

One training of a copy, each update at a higher rate than the one before, until
the loss is four times the lowest; and which units are dead by then. With
--model it begins with the weights of a network that "relumine train --out"
saved. Ctrl-C ends it with what was seen so far.`;

async function testRates(source: string, given: RatesOptions, command: Command): Promise<void> {
  const { low, high, steps, batchSize, svg, seed, json } = given;
  const terminal = new Terminal(json);
  const signal = interruption();
  checkDistinct([
    ["--model", given.model === undefined ? undefined : await followLinks(given.model)],
    ["--svg", await checkPlace(svg, source, "--svg")],
    ["--html", await checkPagePlace(given, source)],
  ]);
  const model = await loadInstead(given.model, command);
  const options = asTrained(given, model);
  const prepared = prepareNamed(await readTableFile(source, options), options);
  if (model) checkSameEncoding(model, prepared);
  terminal.tell(`${describeData(prepared, seed)}\n`);
  const library = await import("../../index.js");
  using network = model?.network ?? (await library.createNetwork(specFor(prepared, options)));
  const test = await library.findLearningRate(network, prepared.training, {
    optimizer: optimizerOf(options, library),
    batchSize,
    steps,
    signal,
    ...classWeightsOf(options, prepared),
    ...(low !== undefined && { low }),
    ...(high !== undefined && { high }),
  });
  if (json) terminal.document({ data: dataRecord(prepared), network: { spec: network.spec }, rates: test });
  else terminal.tell(String(test));
  await savePicture(terminal, svg, () => lossByRate(test));
  await savePage(terminal, options, (madeBy) =>
    ratesPage(test, {
      title: `Learning rates for ${prepared.name}`,
      facts: [
        ...dataFacts(prepared, seed),
        ["network", shapeText(network.spec)],
        ["training", `${options.optimizer}, batches of ${batchSize}`],
      ],
      notes: prepared.notes,
      madeBy,
    }),
  );
  if (test.stopped === "aborted") markFailed();
}

export function ratesCommand(): Command {
  const shaped = addTableOptions(new Command("rates"))
    .addOption(hiddenOption([64, 32]))
    .addOption(batchSizeOption());
  const trained = addSplitOptions(shaped).addOption(optimizerOption());
  return addLossOptions(addLayerOptions(trained))
    .description("Find a learning rate to begin with, and see which ones kill.")
    .option(
      "--low <rate>",
      "of the first update (default: a thousandth of the optimizer's)",
      decimal({ low: 0, openLow: true }),
    )
    .option(
      "--high <rate>",
      "of the last one (default: a thousand times the optimizer's)",
      decimal({ low: 0, openLow: true }),
    )
    .option("--steps <count>", "updates from the one to the other", integer({ low: 20, high: 2 ** 20 }), 200)
    .option("--model <file>", 'begin with a network that "relumine train --out" saved')
    .option("--svg <file>", "write the curve as a picture")
    .addOption(htmlOption())
    .addHelpText("after", EXAMPLES)
    .action(testRates);
}
