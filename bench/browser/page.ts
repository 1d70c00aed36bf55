// The page: runs the same cases as bench/main.ts, and hands each row to the Node program that opened it.
import { builds } from "../../tests/assembly/harness.js";
import { microkernelRate, runCases, type Row } from "../run.js";
import type { PageOptions } from "./main.js";

declare global {
  interface Window {
    /** Put there by the Node program. */
    tellRow(row: Row): Promise<void>;
    /** Called by it. */
    runBenchmark(options: PageOptions): Promise<number>;
  }
}

/** R of this browser, after all rows have been told. */
window.runBenchmark = async ({ build, filter, all }) => {
  if (!crossOriginIsolated) throw new Error("the page is not cross-origin isolated: its clock is too coarse");
  if (!builds.includes(build)) throw new Error(`--build ${build}: this browser runs ${builds.join(" and ")}`);
  const r = await microkernelRate(build);
  await runCases({ build, r, all }, filter, (row) => window.tellRow(row));
  return r;
};
