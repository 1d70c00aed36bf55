// npm run bench:compare -- BASE: builds another commit and measures this checkout against it. In each round both builds
// run all rows, each in a fresh process, by turns first; a row's figure is the median over rounds of the ratio of their
// times, with its 95 % confidence interval.
import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { time } from "./format.js";
import { median, medianInterval } from "./statistics.js";

const OPTIONS = {
  filter: { type: "string", default: "" },
  rounds: { type: "string", default: "10" },
} as const;

const CHILD = fileURLToPath(new URL("compare-child.ts", import.meta.url));

type Times = Readonly<Record<string, number>>;

const git = (...words: string[]): string =>
  execFileSync("git", words, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();

/** Builds `commit` in a folder of its own, lets `use` have its dist, and removes the folder. */
async function withBuild(commit: string, use: (dist: string) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "relumine-base-"));
  try {
    git("worktree", "add", "--detach", folder, commit);
    symlinkSync(realpathSync("node_modules"), join(folder, "node_modules"));
    execFileSync("npm", ["run", "--silent", "build"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
    await use(join(folder, "dist"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
    git("worktree", "prune");
  }
}

async function measureBuild(dist: string, filter: string): Promise<Times> {
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", CHILD, dist, filter]);
  return JSON.parse(stdout) as Times;
}

/** Both builds' times of one round. */
async function runRound(
  round: number,
  base: string,
  head: string,
  filter: string,
): Promise<{ base: Times; head: Times }> {
  if (round % 2 === 0) return { base: await measureBuild(base, filter), head: await measureBuild(head, filter) };
  const first = await measureBuild(head, filter);
  return { head: first, base: await measureBuild(base, filter) };
}

/** What the interval of head's time over base's says. */
function verdictOn(low: number, high: number): string {
  if (high < 1) return "faster";
  return low > 1 ? "SLOWER" : "no difference seen";
}

function line(name: string, base: readonly number[], head: readonly number[]): string {
  const ratios = head.map((seconds, round) => seconds / base[round]!);
  const { low, high } = medianInterval(ratios);
  const cells = [time(median(base)), time(median(head)), median(ratios).toFixed(3)].map((cell) => cell.padStart(9));
  return `${name.padEnd(12)}${cells.join(" ")}  ${low.toFixed(3)} to ${high.toFixed(3)}  ${verdictOn(low, high)}`;
}

async function main(): Promise<void> {
  const { values: options, positionals } = parseArgs({ options: OPTIONS, allowPositionals: true });
  if (positionals.length !== 1) throw new Error("expected one commit to compare with: npm run bench:compare -- main");
  const rounds = Number(options.rounds);
  if (!(Number.isInteger(rounds) && rounds >= 5))
    throw new Error(`--rounds ${options.rounds}: expected an integer of at least 5, since fewer give no interval`);
  const commit = git("rev-parse", "--verify", `${positionals[0]}^{commit}`);
  console.error(`building ${commit.slice(0, 10)}`);
  await withBuild(commit, async (base) => {
    const results: { base: Times; head: Times }[] = [];
    for (let round = 0; round < rounds; round++) {
      console.error(`round ${round + 1} of ${rounds}`);
      results.push(await runRound(round, base, resolve("dist"), options.filter));
    }
    const names = Object.keys(results[0]!.base);
    if (names.length === 0) throw new Error(`--filter ${options.filter}: no row has that in its name`);
    console.log(
      `${"".padEnd(12)}${["base", "here", "ratio"].map((cell) => cell.padStart(9)).join(" ")}  95 % confidence`,
    );
    for (const name of names)
      console.log(
        line(
          name,
          results.map(({ base: times }) => times[name]!),
          results.map(({ head }) => head[name]!),
        ),
      );
  });
}

try {
  await main();
} catch (error) {
  console.error((error as Error).message.trim());
  process.exitCode = 1;
}
