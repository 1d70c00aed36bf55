// Signals of the caller, heard for as long as something runs.

/** Calls `stop` when one of them aborts while `run` is under way: at once where one has. */
export async function whileListening<T>(
  signals: readonly (AbortSignal | undefined)[],
  stop: () => void,
  run: () => Promise<T>,
): Promise<T> {
  for (const signal of signals) signal?.addEventListener("abort", stop);
  try {
    if (signals.some((signal) => signal?.aborted)) stop();
    return await run();
  } finally {
    for (const signal of signals) signal?.removeEventListener("abort", stop);
  }
}
