import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Folder, finish, killAndGoOn, relumine, start } from "./run.js";
import { cheaper, type Costs } from "../../src/cli/textbook/claims/cheaper.js";
import { closedStays, type LoweredUnits } from "../../src/cli/textbook/claims/closed-stays.js";
import { convergence, type Convergence } from "../../src/cli/textbook/claims/convergence.js";
import { normalization, type NormalizationFigures } from "../../src/cli/textbook/claims/normalization.js";
import { remedies } from "../../src/cli/textbook/claims/remedies.js";
import type { RemedyFigures } from "../../src/cli/textbook/remedy-table.js";
import { gradient, type Gradients } from "../../src/cli/textbook/claims/gradient.js";
import { highRate, type UnitStory } from "../../src/cli/textbook/claims/high-rate.js";
import { linear } from "../../src/cli/textbook/claims/linear.js";
import { negativeBias } from "../../src/cli/textbook/claims/negative-bias.js";
import { sparsity } from "../../src/cli/textbook/claims/sparsity.js";
import { fitLinear, predictLinear } from "../../src/cli/textbook/least-squares.js";
import { ratio, short } from "../../src/cli/textbook/figure-text.js";
import { spread } from "../../src/core/statistics.js";
import { rangeNote } from "../../src/report/textbook-text.js";

interface Document {
  readonly seed: number;
  readonly repeats: number;
  readonly interrupted: boolean;
  readonly claims: readonly {
    readonly number: number;
    readonly claim: string;
    readonly verdict: string;
    readonly sentence: string;
    readonly figures: readonly {
      readonly name: string;
      readonly value: number;
      readonly low?: number;
      readonly high?: number;
    }[];
    readonly plots: readonly { readonly kind: string }[];
  }[];
}

const folder = new Folder();

describe("verdicts come from the figures", () => {
  it("1, cheaper: by where the step is cheaper", () => {
    const costs = (relu: number[]): Costs => ({
      kernels: { relu: [1, 1.1], sigmoid: [9, 8], tanh: [7, 7] },
      steps: [32, 512].map((width, i) => ({
        width,
        times: { relu: [relu[i], relu[i] * 3], sigmoid: [100, 300], tanh: [100, 120] },
      })),
    });
    expect(cheaper.judge(costs([50, 50])).verdict).toBe("holds");
    expect(cheaper.judge(costs([50, 99])).verdict).toMatch(/^holds when .* 32 units, not of 512$/);
    const [, drawn] = cheaper.show(costs([80, 94])).plots;
    expect(drawn).toMatchObject({ bars: [{ value: 1.25 }, { value: 1.25 }, { value: 100 / 94 }, { value: 100 / 94 }] });
    expect(cheaper.judge(costs([80, 94])).sentence).toMatch(/32 units, 1.25 and 1.25; .* 512 units, 1.06 and 1.06\./);
    expect(cheaper.judge(costs([99, 130])).verdict).toMatch(/^holds when the activation alone/);
    expect(cheaper.judge({ ...costs([50, 50]), kernels: { relu: [9], sigmoid: [9], tanh: [7] } }).verdict).toBe(
      "does not hold here",
    );
  });

  it("2, sparsity: by which zeros save time", () => {
    const judge = (scattered: number, rare: number, closed: number) =>
      sparsity.judge({
        times: { open: [100, 500], scattered: [scattered, 400], rare: [rare, 300], closed: [closed, 900] },
        zeros: { open: 0, scattered: 0.5, rare: 0.85, closed: 0.5 },
      }).verdict;
    expect(judge(100, 100, 60)).toBe("holds when whole units are closed on a batch");
    expect(judge(100, 50, 60)).toBe("holds when 85.0 % of the activations are 0, or whole units are closed on a batch");
    expect(judge(60, 50, 60)).toBe("holds");
    expect(judge(60, 50, 99)).toBe("holds when the zeros are scattered");
    expect(judge(100, 50, 99)).toBe("holds when 85.0 % of the activations are 0");
    expect(judge(100, 99, 99)).toBe("does not hold here");
  });

  it("3, gradient: by how much more the others shrink, in every repeat", () => {
    const norms = (name: string, firsts: number[]) => ({ name, byRepeat: firsts.map((first) => [first, 1]) });
    const gradients = (sigmoid: number[], tanh: number[]): Gradients => ({
      relu: norms("relu", [1, 1]),
      rivals: [norms("sigmoid", sigmoid), norms("tanh", tanh)],
      reluByGlorot: norms("relu, Glorot", [0.1, 0.1]),
    });
    expect(gradient.judge(gradients([1e-6, 1e-7], [0.1, 0.2])).verdict).toBe("holds");
    expect(gradient.judge(gradients([1e-6, 1e-7], [0.1, 0.9])).verdict).toBe(
      "holds when the other one is sigmoid, not tanh",
    );
    expect(gradient.judge(gradients([1e-6, 2], [1, 1])).verdict).toBe("does not hold here");
  });

  it("4, convergence: at the best rate of each", () => {
    const trained = (rate: number, ...losses: number[]) => ({
      rate,
      runs: losses.map((loss) => ({ losses: [2, loss], accuracies: [0.1, 0.9], accuracy: 0.9 })),
    });
    const all = (
      relu: Convergence["relu"],
      sigmoid: Convergence["sigmoid"],
      tanh: Convergence["tanh"],
    ): Convergence => ({ relu, sigmoid, tanh });
    const good = [trained(0.3, 0.1, 0.1), trained(1, 2, 2)],
      bad = [trained(0.3, 2, 2), trained(1, 0.5, 0.6)],
      even = [trained(0.3, 0.09, 0.2), trained(1, 3, 3)];
    expect(convergence.judge(all(good, bad, bad)).verdict).toBe("holds");
    expect(convergence.judge(all(good, bad, even)).verdict).toBe("holds when the other one is sigmoid, not tanh");
    expect(convergence.judge(all(bad, good, good)).verdict).toBe("does not hold here");
    expect(convergence.judge(all(good, [trained(0.3, 2, 2), trained(1, 0.01, 0.01)], good)).verdict).toBe(
      "holds when both run at rate 0.3, against sigmoid",
    );
    expect(convergence.judge(all([trained(0.3, Number.NaN, Infinity)], good, good)).verdict).toBe("does not hold here");
  });

  it("5, linear: by one matrix and least squares", () => {
    const repeat = {
      collapse: 1e-6,
      leastLoss: 0.03,
      deepLoss: 0.0301,
      reluLoss: 0.01,
      agreement: 0.99,
      leastAccuracy: 0.9,
      deepAccuracy: 0.9,
      reluAccuracy: 0.97,
    };
    expect(linear.judge([repeat, repeat]).verdict).toBe("holds");
    expect(linear.judge([repeat, { ...repeat, deepLoss: 0.05 }]).verdict).toMatch(
      /^holds when it is trained to the end/,
    );
    expect(linear.judge([repeat, { ...repeat, deepLoss: 0.01 }]).verdict).toBe("does not hold here");
    expect(linear.judge([repeat, { ...repeat, collapse: 0.1 }]).verdict).toBe("does not hold here");
  });

  it("6, negative bias: by who is dead at the end", () => {
    const at = (bias: number, ...closed: number[]) => ({
      bias,
      born: closed,
      runs: closed.map((share) => ({ closed: share, accuracy: 1 - share })),
    });
    const judge = (...byBias: ReturnType<typeof at>[]) => negativeBias.judge({ byBias, deviation: 0.5 });
    expect(judge(at(0, 0, 0.1), at(-1, 0.6, 0.7), at(-4, 1, 1))).toMatchObject({
      verdict: "holds",
      sentence: expect.stringContaining("Large begins at -1"),
    });
    expect(judge(at(0, 0, 0.1), at(-1, 0.1, 0.7), at(-4, 0.1, 1)).verdict).toBe("does not hold here");
    expect(judge(at(0, 0.9, 0.9), at(-4, 1, 1)).verdict).toBe("does not hold here");
  });

  it("7, high rate: by the digits and by the unit", () => {
    const at = (rate: number, closed: number) => ({ rate, runs: [{ closed, accuracy: 0.5 }] });
    const died: UnitStory = {
      before: [0.08, 0.12],
      after: [-0.12, -0.08],
      cause: "learningRate",
      step: 118,
      survivesAt: 0.3,
    };
    const lived: UnitStory = { ...died, after: [0.08, 0.12], cause: "alive", step: 0 };
    const deadly = [at(0.1, 0), at(1.6, 0.9)],
      harmless = [at(0.1, 0), at(1.6, 0.1)];
    expect(highRate.judge({ byRate: deadly, units: [died] }).verdict).toBe("holds");
    expect(highRate.judge({ byRate: deadly, units: [lived] }).verdict).toMatch(/^holds when whole networks/);
    expect(highRate.judge({ byRate: deadly, units: [{ ...died, cause: "drift" }] }).verdict).toMatch(
      /^holds when whole networks/,
    );
    expect(highRate.judge({ byRate: harmless, units: [died] }).verdict).toMatch(/^holds when one unit/);
    expect(highRate.judge({ byRate: harmless, units: [lived] }).verdict).toBe("does not hold here");
  });

  it("8, closed units: by gradients and bits", () => {
    const observed = (change: (unit: LoweredUnits) => Partial<LoweredUnits>): LoweredUnits[] =>
      [-5, -10, -20].flatMap((bias) =>
        (["relu", "sigmoid", "tanh"] as const).map((activation) => {
          const kept = activation === "relu" ? 0 : 32;
          const unit: LoweredUnits = {
            activation,
            bias,
            seed: 0,
            closed: 32,
            lowered: 32,
            gradient: kept / 3200,
            withGradient: kept,
            moved: kept,
            farthest: 0.1,
          };
          return { ...unit, ...change(unit) };
        }),
      );
    expect(closedStays.judge(observed(() => ({}))).verdict).toBe("holds");
    expect(
      closedStays.judge(observed(({ activation, bias }) => (activation === "tanh" && bias < -5 ? { moved: 3 } : {})))
        .verdict,
    ).toBe("holds when the bias is not too far down: tanh is at -5, no longer at -10");
    expect(closedStays.judge(observed(({ activation }) => (activation === "relu" ? { moved: 1 } : {}))).verdict).toBe(
      "does not hold here",
    );
    expect(
      closedStays.judge(observed(({ activation }) => (activation === "relu" ? { withGradient: 1 } : {}))).verdict,
    ).toBe("does not hold here");
    expect(
      closedStays.judge(observed(({ activation }) => (activation === "sigmoid" ? { withGradient: 0 } : {}))).verdict,
    ).toBe("does not hold here");
  });

  it("9, remedies: by which remedy brings back what", () => {
    const run = (accuracy: number) => [{ accuracy, closed: 1 - accuracy }];
    const measured = (...results: number[][]): RemedyFigures => ({
      healthy: run(1),
      treated: results.map((accuracies, i) => ({
        fault: `fault ${i}`,
        faulty: run(0),
        remedies: accuracies.map((accuracy, j) => ({ name: `remedy ${j}`, runs: run(accuracy) })),
      })),
    });
    expect(remedies.judge(measured([1, 1], [1, 1])).verdict).toBe("holds");
    expect(remedies.judge(measured([1, 0], [0, 1])).verdict).toBe(
      "holds when the remedy answers the cause: remedy 0 meets fault 0; remedy 1 meets fault 1",
    );
    expect(remedies.judge(measured([0, 0.5], [0, 0])).verdict).toBe("does not hold here");
    expect(
      remedies.judge({
        healthy: run(1),
        treated: [{ fault: "none", faulty: run(1), remedies: [{ name: "remedy", runs: run(1) }] }],
      }).verdict,
    ).toBe("does not hold here");
  });

  it("10, normalization: by the same rule, and what became of units that were shut", () => {
    const run = (accuracy: number) => [{ accuracy, closed: 1 - accuracy }];
    const measured = (...accuracies: number[]): NormalizationFigures => ({
      table: {
        healthy: run(1),
        treated: [
          {
            fault: "rate 5",
            faulty: run(0),
            remedies: accuracies.map((accuracy, i) => ({ name: `remedy ${i}`, runs: run(accuracy) })),
          },
        ],
      },
      shut: [{ name: "by its beta, batch normalization", stayed: [1, 0.5, 0.75] }],
    });
    expect(normalization.judge(measured(1, 1)).verdict).toBe("holds");
    expect(normalization.judge(measured(0, 0.5)).verdict).toBe("does not hold here");
    const { verdict, sentence } = normalization.judge(measured(1, 0));
    expect(verdict).toBe("holds when the remedy answers the cause: remedy 0 meets rate 5");
    expect(sentence).toMatch(/Remedy 1: did nothing \(rate 5\)\. .* by its beta, batch normalization 75\.0 %\.$/);
    const { figures, plots } = normalization.show(measured(1, 0));
    expect(figures.at(-1)).toMatchObject({ value: 0.75, low: 0.5, high: 1 });
    expect(plots).toHaveLength(2);
  });
});

describe("numbers", () => {
  it("in sentences", () => {
    expect([0, 0.031, 1.04, -5, 8.5e6, 2.9e-4, -1e-7, Number.NaN].map(short)).toEqual([
      "0",
      "0.031",
      "1",
      "-5",
      "8.5e+6",
      "0.00029",
      "-1e-7",
      "-",
    ]);
  });

  it("over repeats", () => {
    expect(ratio([2, 6], [1, 2])).toEqual({ median: 2.5, low: 2, high: 3 });
    expect(spread([1, Number.NaN]).median).toBeNaN();
    expect(rangeNote(6)).toContain("96.9 %");
    expect(rangeNote(1)).toMatch(/chance/);
  });

  it("least squares finds a plane, whatever a constant column says", () => {
    const x = { rows: 5, columns: 3, data: Float32Array.of(0, 1, 7, 1, 0, 7, 1, 1, 7, 2, 5, 7, 3, 1, 7) };
    const y = {
      rows: 5,
      columns: 1,
      data: Float32Array.from({ length: 5 }, (_, r) => 2 * x.data[3 * r] - x.data[3 * r + 1] + 4),
    };
    const fit = fitLinear(x, y);
    expect(fit[0][0]).toBeCloseTo(2, 5);
    expect(fit[0][1]).toBeCloseTo(-1, 5);
    predictLinear(fit, x).data.forEach((value, row) => expect(value).toBeCloseTo(y.data[row], 5));
  });
});

describe("relumine textbook", () => {
  it("gives a document with all figures, and a page that asks for nothing", async () => {
    const html = folder.write("page.html", "old");
    const { code, stdout, stderr } = await relumine(
      "textbook",
      "--only",
      "8,3,3",
      "--repeats",
      "2",
      "--json",
      "--html",
      html,
    );
    expect(code, stderr).toBe(0);
    const document = JSON.parse(stdout) as Document;
    expect(document).toMatchObject({ seed: 0, repeats: 2, interrupted: false, claims: [{ number: 3 }, { number: 8 }] });
    for (const { verdict, sentence, figures, plots } of document.claims) {
      expect(verdict).toMatch(/^(holds|holds when .+|does not hold here)$/);
      expect(sentence).not.toMatch(/NaN|undefined|null/);
      expect(figures.length).toBeGreaterThan(5);
      for (const { value, low = value, high = value } of figures) expect(low <= value && value <= high).toBe(true);
      expect(plots.length).toBeGreaterThan(0);
    }
    const figure = (claim: number, name: string): number =>
      document.claims[claim].figures.find((one) => one.name === name)!.value;
    expect(figure(0, "sigmoid: times smaller in the first layer")).toBeGreaterThan(1e5);
    expect(figure(1, "relu at bias -5: share that training changed")).toBe(0);
    expect(figure(1, "sigmoid at bias -5: share that training changed")).toBe(1);
    const page = readFileSync(html, "utf8");
    expect(page).toMatch(/^<!doctype html>[^]*<\/html>\n$/);
    for (const { claim, sentence } of document.claims) {
      expect(page).toContain(claim);
      expect(page).toContain(sentence.slice(0, 40).replaceAll("'", "&#39;"));
    }
    expect(page.match(/<script|(?:href|src)="(?!#|data:)|url\(|@import|https?:/g)).toBeNull();
    expect(readdirSync(folder.path).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  });

  it("repeats to the bit with the same seed, and differs with another", async () => {
    const run = async (seed: string) =>
      (
        JSON.parse(
          (await relumine("textbook", "--only", "3", "--repeats", "1", "--json", "--seed", seed)).stdout,
        ) as Document
      ).claims[0].figures;
    const [first, again, other] = [await run("4"), await run("4"), await run("5")];
    expect(again).toEqual(first);
    expect(other).not.toEqual(first);
  });

  it("killed it goes on from its journal, to the same figures", async () => {
    const args = ["textbook", "--only", "7", "--repeats", "3", "--json"];
    const whole = await relumine(...args);
    const journal = join(folder.path, "textbook.jsonl");
    const again = await killAndGoOn(args, journal, 3);
    expect(again).toMatchObject({ wasKilled: true, code: 0, areTwice: false, all: 12 });
    expect(again.kept).toBeLessThan(12);
    const figures = ({ stdout }: { stdout: string }) =>
      JSON.stringify(JSON.parse(stdout), (key, value: unknown) => (key === "seconds" ? 0 : value));
    expect(figures(again)).toBe(figures(whole));
    const repeated = await relumine("textbook", "--only", "7", "--repeats", "3", "--journal", journal);
    expect(repeated.stdout).toContain("12 trainings of the journal.");
  });

  it("keeps the finished claims when interrupted, and says so", async () => {
    const html = join(folder.path, "interrupted.html");
    const child = start(["textbook", "--only", "3,4,9", "--repeats", "30", "--html", html]);
    child.stderr!.on("data", (chunk: Buffer) => {
      if (String(chunk).includes("claim 3 done")) child.kill("SIGINT");
    });
    const { code, stdout } = await finish(child);
    expect(code).toBe(1);
    expect(stdout).toContain("Interrupted: these are the 1 of 3 claims that were finished.");
    expect(stdout).toContain("3. With ReLU the gradient vanishes less");
    const page = readFileSync(html, "utf8");
    expect(page).toContain("these are the 1 of 3 claims");
    expect(page.match(/<section/g)).toHaveLength(1);
  });

  it.each([
    [["--only", "11"], 2, /It has to be an integer of at least 1 and at most 10/],
    [["--only", "1,,2"], 2, /is invalid/],
    [["--repeats", "0"], 2, /at least 1/],
    [["--html", join(folder.path, "none", "page.html")], 1, /--html .*folder/],
  ])("%j is refused before anything is measured", async (args, chosen, message) => {
    const { code, stdout, stderr } = await relumine("textbook", ...args);
    expect([code, stdout]).toEqual([chosen, ""]);
    expect(stderr).toMatch(message);
    expect(existsSync(join(folder.path, "none"))).toBe(false);
  });
});
