// The program: its commands, their help, and what becomes of an error. Exit codes: 0 fine, 1 failed or interrupted,
// 2 bad usage.
import { Command, CommanderError } from "commander";
import { trainCommand } from "../commands/train.js";
import { checkupCommand } from "../commands/checkup.js";
import { convertCommand } from "../commands/convert.js";
import { crossValidateCommand } from "../commands/crossvalidate.js";
import { cureCommand } from "../commands/cure.js";
import { diagnoseCommand } from "../commands/diagnose.js";
import { forecastCommand } from "../commands/forecast.js";
import { mapCommand } from "../commands/map.js";
import { proveCommand } from "../commands/prove.js";
import { ratesCommand } from "../commands/rates.js";
import { sweepCommand } from "../commands/sweep.js";
import { textbookCommand } from "../commands/textbook.js";
import { treatCommand } from "../commands/treat.js";
import { workerCommand } from "../commands/worker.js";
import { UnfitOption } from "../options.js";
import { write, writeError } from "../output.js";
import { whileUnderWay } from "./under-way.js";
import { readVersion } from "../version.js";
import { RelumineError } from "../../core/errors.js";
import { onOneLine } from "../../text/printable.js";

const EXAMPLES = `
Examples:
  $ relumine checkup digits
  $ relumine train penguins.csv --target species --out penguins.safetensors
  $ relumine cure penguins.csv --target species --learning-rate 0.3
  $ relumine diagnose penguins.safetensors penguins.csv
  $ relumine train --help`;

/** Errors are thrown to the one place that turns them into exit codes. */
function throwing(command: Command): Command {
  return command
    .exitOverride()
    .configureHelp({ styleTitle: (title) => `\x1b[1m${title}\x1b[22m` }) // commander strips it where there is no colour
    .configureOutput({
      writeOut: (text) => write(process.stdout, text),
      writeErr: (text) => write(process.stderr, text),
      outputError: (text, put) => put(text.split("\n").map(onOneLine).join("\n")),
    });
}

async function parse(args: readonly string[]): Promise<void> {
  const program = throwing(new Command("relumine"))
    .description("Trains ReLU networks, shows which units die and why.")
    .version(await readVersion(), "-v, --version")
    .addHelpText("after", EXAMPLES);
  for (const command of [
    trainCommand(),
    checkupCommand(),
    cureCommand(),
    diagnoseCommand(),
    treatCommand(),
    convertCommand(),
    proveCommand(),
    forecastCommand(),
    ratesCommand(),
    sweepCommand(),
    mapCommand(),
    crossValidateCommand(),
    workerCommand(),
    textbookCommand(),
  ])
    program.addCommand(throwing(command));
  await program.parseAsync(args, { from: "user" });
}

function toExitCode(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2; // commander has said it
  const message = error instanceof RelumineError ? error.message : `a fault in relumine itself: ${String(error)}`;
  writeError(message);
  return error instanceof UnfitOption ? 2 : 1;
}

/**
 * Runs the command line, as the program does or any other: it writes to the process's streams, and a second run may
 * follow the first.
 * @param args what follows the program's name
 * @param options.isLast the process ends with it: until then signals are listened to
 * @returns the exit code
 */
export async function run(args: readonly string[], { isLast = false } = {}): Promise<number> {
  let code = 0;
  const hasFailed = await whileUnderWay(async () => {
    try {
      await parse(args);
    } catch (error) {
      code = toExitCode(error);
    }
  }, isLast);
  return code || Number(hasFailed);
}
