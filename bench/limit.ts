// R against the limit of the core, which a program in C tells: the two by turns.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Build } from "../src/wasm/binary.js";
import type { Core } from "./core.js";
import { shares } from "./measure.js";
import { median, quartiles, type Interval } from "./statistics.js";

/** Rates in GFLOP/s. */
export interface Limit {
  readonly fused: number;
  readonly separate: number;
}

export interface Yardstick {
  readonly r: number;
  /**
   * Of bench/limit.c, and R's share of that which the build's arithmetic can reach; undefined where there is no C
   * compiler.
   */
  readonly limit?: Limit;
  readonly shareOfLimit?: number;
  readonly quartiles?: Interval;
}

const TURNS = 25;
const CORE_SECONDS = 0.01;
const SETTLING_SECONDS = 0.01; // after the other program has run, before R counts

const measureLimit = (program: string): Limit => {
  const [fused, separate] = execFileSync(program, { encoding: "utf8" }).split(" ").map(Number);
  return { fused: fused!, separate: separate! };
};

function settledRate(core: Core): number {
  core.sample(SETTLING_SECONDS);
  return core.sample(CORE_SECONDS);
}

function againstLimit(core: Core, build: Build, program: string): Yardstick {
  const rates = [settledRate(core)];
  const limits = Array.from({ length: TURNS }, () => {
    const limit = measureLimit(program);
    rates.push(settledRate(core));
    return limit;
  });
  const fused = limits.map((limit) => limit.fused),
    separate = limits.map((limit) => limit.separate);
  const found = shares(build === "relaxed" ? fused : separate, rates).map((share) => 1 / share);
  return {
    r: median(rates),
    limit: { fused: median(fused), separate: median(separate) },
    shareOfLimit: median(found),
    quartiles: quartiles(found),
  };
}

export function measureYardstick(core: Core, build: Build): Yardstick {
  const folder = mkdtempSync(join(tmpdir(), "relumine-limit-"));
  const program = join(folder, "limit");
  try {
    execFileSync("cc", ["-O2", "-mfma", "-o", program, "bench/limit.c"], { stdio: "ignore" });
    return againstLimit(core, build, program);
  } catch {
    return { r: median(Array.from({ length: TURNS }, () => core.sample())) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
