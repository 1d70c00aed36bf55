// The benchmark: times every case in turn and prints one row for each. See README.md beside this file.
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { builds } from "../tests/assembly/harness.js";
import { hostCases, measureLimit } from "./host.js";
import { isWrong, line, microkernelRate, runCases } from "./run.js";

const OPTIONS = {
  json: { type: "boolean", default: false },
  filter: { type: "string", default: "" },
  build: { type: "string" },
  all: { type: "boolean", default: false },
} as const;

async function main(): Promise<void> {
  const { values: options } = parseArgs({ options: OPTIONS });
  const build = builds.find((candidate) => candidate === (options.build ?? builds.at(-1)));
  if (build === undefined) throw new Error(`--build ${options.build}: this engine runs ${builds.join(" and ")}`);
  const tell = options.json ? () => {} : console.log;
  const machine = { cpu: cpus()[0]?.model ?? "unknown", engine: `Node ${process.versions.node}`, build };
  tell(`${machine.cpu}, ${machine.engine}, ${build} build`);
  const r = await microkernelRate(build);
  const limit = measureLimit();
  const bound = limit?.[build === "relaxed" ? "fused" : "separate"];
  const share = bound === undefined ? "; no C compiler here to measure the 128-bit limit with" : `, ${((100 * r) / bound).toFixed(0)} % of the 128-bit limit in C, ${bound.toFixed(1)}`;
  tell(`R, the micro-kernel on panels in L1: ${r.toFixed(1)} GFLOP/s${share}\n`);

  const rows = await runCases({ build, r, all: options.all }, options.filter, (row) => tell(line(row)), [hostCases]);
  if (options.json) console.log(JSON.stringify({ date: new Date().toISOString(), ...machine, limit, r, rows }, null, 2));
  if (rows.some(isWrong)) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
