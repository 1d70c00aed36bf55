// npm run bench:compare -- BASE: builds another commit and measures this checkout against it. In each round a fresh
// process runs all rows of both builds by turns of some milliseconds; rounds load now the one build first, now the
// other, as the first may get the better memory. A row's figure is the median over rounds of the round's median ratio,
// with its 95 % confidence interval.
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
  rounds: { type: "string", default: "6" },
} as const;

const CHILD = fileURLToPath(new URL("compare-child.ts", import.meta.url));

/** Of a row: what both took in each turn of a round, seconds. */
interface Round {
  readonly base: readonly number[];
  readonly head: readonly number[];
}

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

/** By row. */
async function runRound(round: number, base: string, head: string, filter: string): Promise<Record<string, Round>> {
  const isBaseFirst = round % 2 === 0;
  const dists = isBaseFirst ? [base, head] : [head, base];
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", CHILD, ...dists, filter]);
  const rows = Object.entries(JSON.parse(stdout) as Record<string, [first: number, second: number][]>);
  return Object.fromEntries(
    rows.map(([name, turns]) => {
      const [first, second] = [turns.map((turn) => turn[0]), turns.map((turn) => turn[1])];
      return [name, isBaseFirst ? { base: first, head: second } : { base: second, head: first }];
    }),
  );
}

/** What the interval of head's time over base's says. */
function verdictOn(low: number, high: number): string {
  if (high < 1) return "faster";
  return low > 1 ? "SLOWER" : "no difference seen";
}

function line(name: string, rounds: readonly Round[]): string {
  const ratios = rounds.map(({ base, head }) => median(head.map((seconds, turn) => seconds / base[turn]!)));
  const { low, high } = medianInterval(ratios);
  const both = [rounds.map(({ base }) => median(base)), rounds.map(({ head }) => median(head))];
  const cells = [...both.map((medians) => time(median(medians))), median(ratios).toFixed(3)];
  const figures = cells.map((cell) => cell.padStart(9)).join(" ");
  return `${name.padEnd(12)}${figures}  ${low.toFixed(3)} to ${high.toFixed(3)}  ${verdictOn(low, high)}`;
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
    const results: Record<string, Round>[] = [];
    for (let round = 0; round < rounds; round++) {
      console.error(`round ${round + 1} of ${rounds}`);
      results.push(await runRound(round, base, resolve("dist"), options.filter));
    }
    const names = Object.keys(results[0]!);
    if (names.length === 0) throw new Error(`--filter ${options.filter}: no row has that in its name`);
    console.log(
      `${"".padEnd(12)}${["base", "here", "ratio"].map((cell) => cell.padStart(9)).join(" ")}  95 % confidence`,
    );
    for (const name of names)
      console.log(
        line(
          name,
          results.map((rows) => rows[name]!),
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
