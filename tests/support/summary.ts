// A vitest reporter: one plain line after vitest's own summary, for people in a hurry and for scripts.
import type { Reporter, SerializedError, TestModule } from "vitest/node";

/**
 * Prints "tests: N passed, N failed[, N skipped] (seed N)". A file that does not load and an error outside of any test
 * count as failures. RELUMINE_SEED with that seed draws the same properties again.
 */
export class SummaryLine implements Reporter {
  constructor(private readonly seed: number) {}

  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const states = modules.flatMap((module) => [...module.children.allTests()].map((test) => test.result().state));
    const count = (state: string): number => states.filter((other) => other === state).length;
    const broken = modules.reduce((sum, module) => sum + module.errors().length, errors.length);
    const skipped = count("skipped") + count("pending");
    const rest = skipped > 0 ? `, ${skipped} skipped` : "";
    console.log(`tests: ${count("passed")} passed, ${count("failed") + broken} failed${rest} (seed ${this.seed})`);
  }
}
