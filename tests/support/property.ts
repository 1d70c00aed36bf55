// fast-check with the run's seed: another one each time, or the one that RELUMINE_SEED names. Tests of properties
// import it from here, and name no seed themselves.
import fc, { type RunDetails } from "fast-check";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    seed: number;
  }
}

/** What a property that fails says: fast-check's words, and how it fails again. */
export function tellFailure<T>(run: RunDetails<T>): void {
  if (!run.failed) return;
  const again = `RELUMINE_SEED=${run.seed} npx vitest run --project node FILE`;
  throw new Error(`${fc.defaultReportMessage(run)}\n\nTo see it again: ${again}`, { cause: run.errorInstance });
}

fc.configureGlobal({ seed: inject("seed"), reporter: tellFailure });

export default fc;
