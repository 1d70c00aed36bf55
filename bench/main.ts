// The benchmark: times every case in turn and prints one row for each. See README.md beside this file.
import { availableParallelism, cpus } from "node:os";
import { parseArgs } from "node:util";
import { builds } from "../tests/support/kernels.js";
import { readCount } from "./command.js";
import { createCore, type Core } from "./core.js";
import { isWrong, line, rateOf, share, shareTarget, type Row } from "./format.js";
import { fromFileCases } from "./from-file.js";
import { hostCases } from "./host.js";
import { measureYardstick, type Yardstick } from "./limit.js";
import type { Target } from "./measure.js";
import type { Build } from "../src/wasm/binary.js";
import { provingCases } from "./proving.js";
import { listCases, runCase } from "./run.js";
import { quartiles } from "./statistics.js";
import { sweepCases } from "./sweeps.js";
import { tensorFlowCases } from "./tensorflow.js";

const OPTIONS = {
  json: { type: "boolean", default: false },
  filter: { type: "string", default: "" },
  build: { type: "string" },
  all: { type: "boolean", default: false },
  "heap-mb": { type: "string" },
} as const;

const WANTED_OF_LIMIT: Readonly<Record<Build, Target>> = { strict: { atLeast: 85 }, relaxed: { atLeast: 90 } };

function yardstickLine({ limit, shareOfLimit, quartiles: range, ...rest }: Yardstick, build: Build): string {
  const yardstick = `R, the micro-kernel on panels in L1: ${rest.r.toFixed(1)} GFLOP/s`;
  const bound = limit?.[build === "relaxed" ? "fused" : "separate"];
  if (bound === undefined) return `${yardstick}; no C compiler here to measure the 128-bit limit with`;
  const comparison = `${share(shareOfLimit, range, "the 128-bit limit in C")}, ${bound.toFixed(1)}`;
  return `${yardstick}; ${comparison}${shareTarget(shareOfLimit, range, WANTED_OF_LIMIT[build])}`;
}

async function main(): Promise<void> {
  const { values: options } = parseArgs({ options: OPTIONS });
  const build = builds.find((candidate) => candidate === (options.build ?? builds.at(-1)));
  if (build === undefined) throw new Error(`--build ${options.build}: this engine runs ${builds.join(" and ")}`);
  const tell = options.json ? () => {} : console.log;
  const machine = { cpu: cpus()[0]?.model ?? "unknown", engine: `Node ${process.versions.node}`, build };
  tell(`${machine.cpu}, ${machine.engine}, ${build} build`);
  const cores = availableParallelism();
  if (cores === 1) tell("one core: no rows of two threads");
  const core: Core = await createCore(build);
  const heap = options["heap-mb"];
  const heapMegabytes = heap === undefined ? {} : { heapMegabytes: readCount("heap-mb", heap) };
  const cases = listCases({ build, core, cores, all: options.all, ...heapMegabytes }, options.filter, [
    fromFileCases,
    hostCases,
    provingCases,
    sweepCases,
    tensorFlowCases,
  ]);
  const yardstick = measureYardstick(core, build);
  tell(`${yardstickLine(yardstick, build)}\n`);

  const rows: Row[] = [];
  for (const each of cases) {
    rows.push(await runCase(each));
    tell(line(rows.at(-1)!));
  }
  tell(`\nR beside these rows: ${rateOf(core.samples)}`);
  if (options.json)
    console.log(
      JSON.stringify(
        { date: new Date().toISOString(), ...machine, ...yardstick, rQuartiles: quartiles(core.samples), rows },
        null,
        2,
      ),
    );
  if (rows.some(isWrong)) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
