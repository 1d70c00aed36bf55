// The benchmark: times every case in turn and prints one row for each. See README.md beside this file.
import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { builds } from "../tests/assembly/harness.js";
import { activationCases } from "./activations.js";
import { time } from "./format.js";
import { gemmCases, microkernelRate } from "./gemm.js";
import type { Case, Context, Result } from "./measure.js";
import { trainingCases } from "./training.js";

const OPTIONS = {
  json: { type: "boolean", default: false },
  filter: { type: "string", default: "" },
  build: { type: "string" },
  all: { type: "boolean", default: false },
} as const;

const SUBJECTS: readonly ((context: Context) => Case[])[] = [gemmCases, activationCases, trainingCases];

function line(name: string, result: Result): string {
  const share = result.shareOfR === undefined ? "" : `${(result.shareOfR * 100).toFixed(0)} % of R`;
  const cells = [time(result.seconds).padStart(9), `${result.rate.toFixed(1)} ${result.unit}`.padStart(13), share.padStart(10), result.residual.toExponential(0).padStart(6)];
  return `${name.padEnd(42)} ${cells.join("  ")}  of ${result.tolerance}${isWrong(result) ? "  WRONG" : ""}`;
}

const isWrong = ({ residual }: Result): boolean => !(residual <= 1);

async function main(): Promise<void> {
  const { values: options } = parseArgs({ options: OPTIONS });
  const build = builds.find((candidate) => candidate === (options.build ?? builds.at(-1)));
  if (build === undefined) throw new Error(`--build ${options.build}: this engine runs ${builds.join(" and ")}`);
  const tell = options.json ? () => {} : console.log;
  const machine = { cpu: cpus()[0]?.model ?? "unknown", engine: `Node ${process.versions.node}`, build };
  tell(`${machine.cpu}, ${machine.engine}, ${build} build`);
  const r = await microkernelRate(build);
  tell(`R, the micro-kernel on panels in L1: ${r.toFixed(1)} GFLOP/s\n`);

  const cases = SUBJECTS.flatMap((subject) => subject({ build, r, all: options.all })).filter(({ name }) => name.includes(options.filter));
  if (cases.length === 0) throw new Error(`--filter ${options.filter}: no case has that in its name`);
  const rows: (Result & { name: string })[] = [];
  for (const { name, run } of cases) {
    const result = await run();
    rows.push({ name, ...result });
    tell(line(name, result));
  }
  if (options.json) console.log(JSON.stringify({ date: new Date().toISOString(), ...machine, r, rows }, null, 2));
  if (rows.some(isWrong)) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
