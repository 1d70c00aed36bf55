// The page: runs the same cases as bench/main.ts, one at a time, as the Node program that opened it asks.
import { builds } from "../../tests/support/kernels.js";
import { createCore } from "../core.js";
import type { Row } from "../format.js";
import { listCases, runCase } from "../run.js";
import type { PageOptions } from "./main.js";

declare global {
  interface Window {
    /** Called first: the other two are there from then on. */
    openBenchmark(options: PageOptions): Promise<void>;
    runCase(name: string): Promise<Row>;
    coreSamples(): readonly number[];
  }
}

window.openBenchmark = async ({ build, filter, all }) => {
  if (!crossOriginIsolated) throw new Error("the page is not cross-origin isolated: its clock is too coarse");
  if (!builds.includes(build)) throw new Error(`--build ${build}: this browser runs ${builds.join(" and ")}`);
  const core = await createCore(build);
  const cases = new Map(
    listCases({ build, core, cores: navigator.hardwareConcurrency, all }, filter).map((each) => [each.name, each]),
  );
  window.runCase = (name) => runCase(cases.get(name)!);
  window.coreSamples = () => core.samples;
};
