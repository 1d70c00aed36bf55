// The run of the command line that is under way: one at a time, as a process has one stdout. Whether something of it
// failed, though it went on to its end, and what is to be undone when it ends.

interface Run {
  hasFailed: boolean;
  readonly undoing: (() => void)[];
}

let underWay: Run | undefined;

/** Its exit code will be 1. */
export function markFailed(): void {
  if (underWay) underWay.hasFailed = true;
}

/** To be done when the run ends; never, where none is under way. */
export function atEnd(undo: () => void): void {
  underWay?.undoing.push(undo);
}

/**
 * One run.
 * @param isLast the process ends with it, and undoes all by itself
 * @returns whether something was marked as failed
 */
export async function whileUnderWay(work: () => Promise<void>, isLast: boolean): Promise<boolean> {
  if (underWay) throw new Error("a run of the command line is under way");
  const run: Run = { hasFailed: false, undoing: [] };
  underWay = run;
  try {
    await work();
    return run.hasFailed;
  } finally {
    underWay = undefined;
    if (!isLast) for (const undo of run.undoing) undo();
  }
}
