// npm run bench:peers: a training step of relumine beside other libraries' on the same data, weights and rate. Each
// peer runs in a process of its own, so that none disturbs another's heap or compiled code; they take turns, so that
// noise of the machine hits all alike.
import { execFileSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { PEER_WORKLOADS, type Workload } from "../workloads.js";
import { Child } from "./child.js";
import { FOLDER, PEERS, type Peer } from "./peers.js";
import { checkTablePage, line, writeTablePage, type Report, type Row } from "./report.js";
import { complaint, Runner, SLOWEST_STEP, stagnation } from "./runner.js";
import { writeTask } from "./tasks.js";

const OPTIONS = {
  workloads: { type: "string", default: PEER_WORKLOADS.map(({ name }) => name).join(",") },
  seconds: { type: "string", default: "3" },
  json: { type: "boolean", default: false },
  write: { type: "boolean", default: false },
} as const;

const START_SECONDS = 60;

/** Installs the peers from their own lock file, if that has changed since. */
function install(tell: (text: string) => void): void {
  const stamp = join(FOLDER, "node_modules", ".package-lock.json");
  const wanted = join(FOLDER, "package-lock.json");
  if (existsSync(stamp) && statSync(stamp).mtimeMs >= statSync(wanted).mtimeMs) return;
  tell("installing the peers");
  execFileSync("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: FOLDER,
    stdio: ["ignore", 2, 2],
  });
}

const hasTorch = (): boolean => {
  try {
    execFileSync("python3", ["-c", "import torch"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};

class Comparison {
  private readonly rows: Row[] = [];

  constructor(
    private readonly workload: Workload,
    private readonly budget: number,
    private readonly tell: (text: string) => void,
  ) {}

  async run(): Promise<Row[]> {
    const folder = await mkdtemp(join(tmpdir(), "relumine-peers-"));
    const runners: Runner[] = [];
    try {
      const { batches } = await writeTask(this.workload, folder);
      for (const peer of PEERS) {
        const runner = await this.prepare(peer, [...peer.command, folder], batches, runners[0]?.losses);
        if (runner) runners.push(runner);
      }
      this.tell(`${this.workload.name}: measuring`);
      for (let round = 0; runners.some((runner) => runner.wantsTurn(this.budget)); round++) {
        for (const runner of rotate(runners, round)) if (runner.wantsTurn(this.budget)) await runner.turn();
      }
      this.rows.push(...runners.map((runner) => ({ ...this.head(runner.peer), ...runner.result() })));
    } finally {
      for (const runner of runners) runner.stop();
      await rm(folder, { recursive: true });
    }
    return PEERS.map(({ name }) => this.rows.find(({ peer }) => peer === name)!);
  }

  private head({ name }: Peer): Pick<Row, "workload" | "peer"> {
    return { workload: this.workload.name, peer: name };
  }

  /** Starts, checks and warms up a peer; if that cannot be, there is a row which says why. */
  private async prepare(
    peer: Peer,
    command: readonly string[],
    batches: number,
    ours: readonly number[] | undefined,
  ): Promise<Runner | undefined> {
    const leaveOut = (note: string, rest: Partial<Row> = {}) =>
      void this.rows.push({ ...this.head(peer), note, ...rest });
    if (peer.only && !peer.only.includes(this.workload.name))
      return leaveOut(`left out: only ${peer.only.join(" and ")}`);
    if (peer.command[0] === "python3" && !hasTorch()) return leaveOut("not installed: python3 -c 'import torch' fails");
    this.tell(`${this.workload.name}: checking ${peer.name}`);
    let child: Child | undefined;
    try {
      child = await Child.start(command, START_SECONDS);
      const runner = new Runner(peer, child, batches);
      await runner.check(ours ? this.budget : Infinity);
      const { losses, version } = runner;
      const wrong = ours ? complaint(losses, ours, peer.otherLoss !== undefined) : stagnation(losses);
      if (wrong !== undefined) {
        leaveOut(wrong, { version, losses, failed: true });
        child.stop();
        return undefined;
      }
      await runner.warmUp();
      return runner;
    } catch (error) {
      child?.stop();
      const { message } = error as Error;
      return leaveOut(
        message.startsWith("no answer") ? `left out: a step takes more than ${SLOWEST_STEP} s` : message,
        { failed: !message.startsWith("no answer") },
      );
    }
  }
}

function rotate<T>(values: readonly T[], by: number): T[] {
  const start = by % values.length;
  return [...values.slice(start), ...values.slice(0, start)];
}

async function main(): Promise<void> {
  const { values: options } = parseArgs({ options: OPTIONS });
  const names = options.workloads.split(",");
  const workloads = names.map((name) => PEER_WORKLOADS.find((workload) => workload.name === name));
  if (workloads.includes(undefined))
    throw new Error(`--workloads ${options.workloads}: there are ${PEER_WORKLOADS.map(({ name }) => name).join(",")}`);
  const budget = Number(options.seconds);
  if (!(budget > 0)) throw new Error(`--seconds ${options.seconds}: wanted are seconds above 0`);
  if (options.write && workloads.length < PEER_WORKLOADS.length)
    throw new Error("--write writes the whole table: leave --workloads out");
  if (options.write) checkTablePage();
  const tell = (text: string) => console.error(text);
  install(tell);

  const machine = `${cpus()[0]?.model ?? "unknown processor"}, ${cpus().length} cores`;
  const rows: Row[] = [];
  for (const workload of workloads as Workload[]) {
    const results = await new Comparison(workload, budget, tell).run();
    rows.push(...results);
    if (!options.json) for (const row of results) console.log(line(row, results[0]!.seconds));
  }
  const report: Report = { date: new Date().toISOString(), machine, node: process.versions.node, rows };
  if (options.json) console.log(JSON.stringify(report, null, 2));
  const failed = rows.filter((row) => row.failed);
  if (failed.length > 0)
    throw new Error(`failed: ${failed.map(({ workload, peer }) => `${workload} ${peer}`).join(", ")}`);
  if (options.write) writeTablePage(report, PEER_WORKLOADS);
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message);
  process.exitCode = 1;
}
