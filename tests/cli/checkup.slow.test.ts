import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import {
  climbingRates,
  remediesOf,
  explainFailure,
  healthyPlan,
  highRatePlan,
  negativeBiasPlan,
  planName,
} from "../../src/cli/checkup/plans.js";
import { patienceFor } from "../support/times.js";
import { finish, Folder, killAndGoOn, PENGUINS, relumine, start } from "./run.js";

interface CheckupRun {
  readonly seed: number;
  readonly score: number;
  readonly loss: number;
  readonly dead: readonly number[];
  readonly closed: readonly number[];
  readonly stepsPerSecond: number;
}
interface Result {
  readonly plan: {
    readonly role: string;
    readonly learningRate: number;
    readonly bias: number;
    readonly activation: string;
  };
  readonly name: string;
  readonly runs: readonly CheckupRun[];
  readonly verdict?: string;
  readonly score: { readonly low: number; readonly median: number; readonly high: number };
}
interface Document {
  readonly options: { readonly learningRate: number };
  readonly rule: string;
  readonly healthy: readonly CheckupRun[];
  readonly climb: readonly { readonly learningRate: number; readonly dead: readonly number[] }[];
  readonly faults: readonly {
    readonly fault: string;
    readonly runs: readonly Result[];
    readonly diagnosis: { readonly dead: number; readonly units: number };
  }[];
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

async function checkup(...args: string[]): Promise<Document> {
  const { code, stdout, stderr } = await relumine("checkup", ...args, "--json");
  expect(code, stderr).toBe(0);
  return JSON.parse(stdout) as Document;
}

describe("plans", () => {
  it("climb five steps a decade, a thousand times up, in plain numbers", () => {
    expect(climbingRates(0.1).slice(0, 6)).toEqual([0.16, 0.25, 0.4, 0.63, 1, 1.6]);
    expect(climbingRates(0.1).at(-1)).toBe(100);
  });

  it("remedy by changing one thing of the faulty plan", () => {
    const faulty = highRatePlan(1);
    expect(faulty).toEqual({ ...healthyPlan(1), role: "faulty" });
    expect(remediesOf(faulty)).toEqual([
      { ...faulty, role: "lowerRate", learningRate: 0.25 },
      { ...faulty, role: "positiveBias", bias: 0.1 },
      { ...faulty, role: "leakyRelu", activation: "leakyRelu" },
    ]);
    expect(remediesOf(negativeBiasPlan(0.1)).map((plan) => planName(plan, "negativeBias"))).toEqual([
      "rate 0.025",
      "bias +0.1",
      "Leaky ReLU",
    ]);
  });

  it("explain a remedy that was none, and no other", () => {
    const [lowerRate] = remediesOf(negativeBiasPlan(0.1));
    expect(explainFailure("negativeBias", lowerRate, "did nothing")).toMatch(/^a rate that is too high/);
    expect(explainFailure("negativeBias", lowerRate, "cured")).toBeUndefined();
    expect(explainFailure("negativeBias", negativeBiasPlan(0.1), "helped")).toBeUndefined();
  });
});

describe("checkup digits", () => {
  it("finds a lethal rate, and each remedy answers its cause", { timeout: patienceFor(5) }, async () => {
    const { healthy, climb, faults } = await checkup("digits");
    expect(healthy[0].score).toBeGreaterThan(0.93);
    expect(sum(healthy[0].dead)).toBeLessThan(256 / 10);
    const lethal = climb.at(-1)!;
    expect(sum(lethal.dead)).toBeGreaterThanOrEqual(256 / 3);
    for (const { dead } of climb.slice(0, -1)) expect(sum(dead)).toBeLessThan(256 / 3);
    const [highRate, negativeBias] = faults;
    expect(highRate.runs.map(({ plan }) => plan.role)).toEqual([
      "healthy",
      "faulty",
      "lowerRate",
      "positiveBias",
      "leakyRelu",
    ]);
    expect(highRate.runs[1].plan.learningRate).toBe(lethal.learningRate);
    expect(highRate.runs[1].runs[0].dead).toEqual(lethal.dead); // trained twice from the same start: the same bits
    expect(highRate.runs[2].verdict).toBe("cured");
    expect(negativeBias.runs.map(({ verdict }) => verdict)).toEqual([
      undefined,
      undefined,
      "did nothing",
      "cured",
      "did nothing",
    ]);
    expect(negativeBias.diagnosis.dead).toBe(sum(negativeBias.runs[1].runs[0].dead));
    const leaky = negativeBias.runs[4].runs[0];
    expect(sum(leaky.dead)).toBe(0);
    expect(sum(leaky.closed)).toBeGreaterThan(100);
    for (const { runs } of [...highRate.runs, ...negativeBias.runs]) expect(runs[0].stepsPerSecond).toBeGreaterThan(0);
    for (const { plan, runs } of highRate.runs)
      if (plan.activation === "relu") expect(runs[0].closed).toEqual(runs[0].dead);
  });

  it("shows the units die, the table, its rule and the diagnosis", async () => {
    const { code, stdout, stderr } = await relumine(
      "checkup",
      "digits",
      "--epochs",
      "4",
      "--hidden",
      "16,16",
      "--seed",
      "3",
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /epoch +loss +accuracy +layer 0, dead of 16 +layer 1, dead of 16\n( +[1-4] +[\d.]+ +[\d.]+ % +\d+ .*\n){4}/,
    );
    expect(stdout).toMatch(
      /run +accuracy +layer 0\/16 +layer 1\/16 +steps\/s +the remedy\nhealthy .*\nfaulty: bias -1 .*\nrate 0.025 .*\n/,
    );
    expect(stdout).toMatch(/\nrate 0.025 .*\nbias \+0.1 .*\nLeaky ReLU .*\n/);
    expect(stdout).toContain("Rule: what");
    expect(stdout).toMatch(/The faulty network:\n(It is|It has|On held-out)[^]*?\n\n\d+ of 32 hidden units dead/);
    expect(stdout + stderr).not.toContain("\x1b");
    expect(stderr).toBe("");
  });

  it("stops at Ctrl-C and shows the runs that were finished", async () => {
    const child = start(["checkup", "digits", "--hidden", "32", "--epochs", "30"]);
    let wasSent = false;
    child.stdout!.on("data", (chunk: Buffer) => {
      if (!wasSent && String(chunk).includes("Climbing")) wasSent = child.kill("SIGINT");
    });
    const { code, stdout, stderr } = await finish(child);
    expect([wasSent, code, stderr]).toEqual([true, 1, ""]);
    expect(stdout).toMatch(/^Healthy, rate 0.1: /m);
    expect(stdout).toMatch(
      /\nInterrupted: these are the runs that were finished\. With --journal FILE the same\ncommand would go on\.\n$/,
    );
    expect(stdout).not.toContain("Rule:");
  });

  it("gives medians and ranges over seeds", async () => {
    const { healthy, faults } = await checkup(
      "digits",
      "--repeats",
      "3",
      "--epochs",
      "2",
      "--hidden",
      "16",
      "--seed",
      "5",
    );
    expect(healthy.map(({ seed }) => seed)).toEqual([5, 6, 7]);
    for (const { runs, score } of faults.flatMap(({ runs: results }) => results)) {
      const scores = runs.map((run) => run.score).sort((a, b) => a - b);
      expect(score).toEqual({ low: scores[0], median: scores[1], high: scores[2] });
    }
  });
});

describe("checkup of a table", () => {
  it("works on the penguins", async () => {
    const { faults, options } = await checkup(PENGUINS, "-t", "species", "--hidden", "16", "--epochs", "5");
    expect(options.learningRate).toBe(0.1);
    expect(faults.at(-1)!.fault).toBe("negativeBias");
  });

  it("goes by R² where the target is a number", async () => {
    const { healthy, faults, options } = await checkup(PENGUINS, "-t", "body_mass_g", "--hidden", "16");
    expect(options.learningRate).toBe(0.01);
    expect(healthy[0].score).toBeGreaterThan(0.7);
    expect(faults.length).toBeGreaterThan(0);
  });

  it("says where no rate is lethal, and goes on with fault B", async () => {
    const { code, stdout } = await relumine(
      "checkup",
      PENGUINS,
      "-t",
      "species",
      "--hidden",
      "16",
      "--epochs",
      "1",
      "--batch-size",
      "1000",
      "--learning-rate",
      "1e-9",
    );
    expect(code).toBe(0);
    expect(stdout).toContain("No rate up to 0.000001 kills a third of them here: there is no fault A to cure.");
    expect(stdout).toContain("faulty: bias -1");
  });
});

describe("--class-weights", () => {
  const short = [PENGUINS, "--target", "species", "--epochs", "3", "--hidden", "8"];

  it("balanced trains all plans by it", async () => {
    const [plain, balanced] = await Promise.all([checkup(...short), checkup(...short, "--class-weights", "balanced")]);
    expect(balanced.healthy[0].loss).not.toBe(plain.healthy[0].loss);
  });

  it("is refused where there are no classes", async () => {
    const { code, stderr } = await relumine("checkup", PENGUINS, "-t", "body_mass_g", "--class-weights", "balanced");
    expect(code).toBe(1);
    expect(stderr).toContain("--class-weights");
  });
});

/** But for times. */
const plain = (document: Document): string =>
  JSON.stringify(document, (key, value: unknown) => (key === "seconds" || key === "stepsPerSecond" ? 0 : value));

it("tells the same on any number of threads, but for times", async () => {
  const args = [PENGUINS, "--target", "species", "--hidden", "12", "--epochs", "3", "--repeats", "3"];
  const documents = await Promise.all(["1", "3"].map((threads) => checkup(...args, "--threads", threads)));
  expect(plain(documents[1])).toBe(plain(documents[0]));
});

describe("--journal", () => {
  const folder = new Folder();
  const args = [PENGUINS, "--target", "species", "--hidden", "12", "--epochs", "20", "--repeats", "3"];

  const journalOf = (count: number) => join(folder.path, `${count}.jsonl`);
  let whole: Document;
  beforeAll(async () => {
    whole = await checkup(...args);
  });

  it.each([1, 9])("killed with %d trainings kept it goes on, to the same document", async (count) => {
    const journal = journalOf(count);
    const again = await killAndGoOn(["checkup", ...args, "--json"], journal, count);
    expect(again).toMatchObject({ wasKilled: true, code: 0, areTwice: false });
    expect(again.kept).toBeGreaterThanOrEqual(count);
    expect(again.kept).toBeLessThan(again.all);
    expect(plain(JSON.parse(again.stdout) as Document)).toBe(plain(whole));
  });

  it("of another split of the rows nothing is taken", async () => {
    const journal = journalOf(9);
    expect(existsSync(journal)).toBe(true);
    const other = await relumine("checkup", ...args, "--seed", "5", "--journal", journal);
    expect(other.code).toBe(0);
    expect(other.stdout).not.toContain("of the journal");
  });

  it("is no table, and no page", async () => {
    const table = folder.write("table.csv", "a,b\n1,x\n2,y\n");
    for (const more of [
      ["--journal", table],
      ["--journal", "same", "--html", "same"],
    ]) {
      const { code, stderr } = await relumine("checkup", table, ...more);
      expect(code).toBe(1);
      expect(stderr).toContain("--journal");
    }
    expect(readFileSync(table, "utf8")).toBe("a,b\n1,x\n2,y\n");
  });
});
