// How a command of bench/ starts: options, then the work, then the exit code.

/** @throws Error for what is no whole number of at least that, with the option's name */
export function readCount(name: string, text: string, least = 1): number {
  const count = Number(text);
  if (Number.isSafeInteger(count) && count >= least) return count;
  throw new Error(`--${name} ${text}: expected an integer of at least ${least}`);
}

/**
 * Runs `main` on what `readOptions` finds; undefined from it means that help is asked for. What it throws is bad usage:
 * exit code 2.
 */
export async function runCommand<Options>(
  help: string,
  readOptions: () => Options | undefined,
  main: (options: Options) => Promise<number>,
): Promise<void> {
  let options: Options | undefined;
  try {
    options = readOptions();
  } catch (error) {
    console.error(`${(error as Error).message}\n${help}`);
    process.exitCode = 2;
    return;
  }
  if (options === undefined) console.log(help);
  else process.exitCode = await main(options);
}
