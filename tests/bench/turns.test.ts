// How rows are timed: by a clock that only the calls themselves move, on a machine whose speed changes while they are
// measured.
import { describe, expect, test } from "vitest";
import { coreOf } from "../../bench/core.js";
import { callsPerSample, measure, measureRun, shares } from "../../bench/measure.js";
import { median } from "../../bench/statistics.js";
import { byTurns, summarize } from "../../bench/turns.js";

const RATE = 40; // GFLOP/s of the undisturbed core
const TRUE_SHARE = 0.8;

/** A machine on which operations take time; `speed` is its share of the undisturbed speed at a time in milliseconds. */
class Machine {
  milliseconds = 0;

  constructor(private readonly speed: (milliseconds: number) => number) {}

  readonly now = (): number => this.milliseconds;

  /** A call of so many operations at a share of the core's rate. */
  call(operations: number, share = 1): () => void {
    return () => {
      this.milliseconds += operations / (RATE * 1e6 * share * this.speed(this.milliseconds));
    };
  }

  core() {
    return coreOf(this.call(4e5), 4e5, this.now);
  }
}

const STEADY = () => 1;
const HALVED = (milliseconds: number) => (milliseconds < 150 ? 1 : 0.5); // from the middle of what is measured on
const CHANGING = (milliseconds: number) => [1, 0.5, 0.7, 0.6, 1, 0.55][Math.floor(milliseconds / 61) % 6]!;

describe.each([
  ["steady", STEADY],
  ["halved midway", HALVED],
  ["changing", CHANGING],
])("on a machine whose speed is %s", (_, speed) => {
  test.each([
    ["0.2 microseconds", 8e3],
    ["3 milliseconds", 1.2e8],
  ])("a call of %s has its share of R", async (_, operations) => {
    const machine = new Machine(speed);
    const core = machine.core();
    const { shareOfR, quartiles } = await measure(machine.call(operations, TRUE_SHARE), {
      core,
      operations,
      now: machine.now,
    });
    expect(Math.abs(shareOfR! / TRUE_SHARE - 1)).toBeLessThan(0.03);
    expect(quartiles!.low).toBeLessThanOrEqual(shareOfR!);
    expect(quartiles!.high).toBeGreaterThanOrEqual(shareOfR!);
  });

  test("so has an asynchronous run of several steps", async () => {
    const machine = new Machine(speed);
    const step = machine.call(2e8, TRUE_SHARE);
    const run = async () => {
      for (let i = 0; i < 2; i++) step();
    };
    const { shareOfR, seconds } = await measureRun(run, 2, {
      milliseconds: 600,
      core: machine.core(),
      operations: 2e8,
      now: machine.now,
    });
    expect(Math.abs(shareOfR! / TRUE_SHARE - 1)).toBeLessThan(0.03);
    expect(seconds).toBeGreaterThan((0.9 * 2e8) / (RATE * 1e9 * TRUE_SHARE));
  });

  test("two calls by turns have their ratio", async () => {
    const machine = new Machine(speed);
    const turns = await byTurns([machine.call(4e7), machine.call(6e7)], 300, machine.now);
    expect(Math.abs(summarize(turns.map(([one, other]) => other! / one!)).value / 1.5 - 1)).toBeLessThan(0.03);
  });
});

test("R measured once, before the rest, is off by a third and more where the speed halves", async () => {
  const machine = new Machine(HALVED);
  const r = machine.core().sample();
  const { seconds } = await measure(machine.call(1.2e8, TRUE_SHARE), { now: machine.now });
  expect(1.2e8 / seconds / 1e9 / r / TRUE_SHARE).toBeLessThan(2 / 3);
});

test("each value stands over the mean of the references before and after it", () => {
  expect(shares([6, 9], [1, 3, 6])).toEqual([3, 2]);
});

describe("the milliseconds of a measurement", () => {
  test("hold the samples of R too", async () => {
    const machine = new Machine(STEADY);
    await measure(machine.call(8e3), { milliseconds: 300, core: machine.core(), operations: 8e3, now: machine.now });
    expect(machine.milliseconds).toBeGreaterThan(300);
    expect(machine.milliseconds).toBeLessThan(450); // warm-up is a third
  });

  test("are not what a sample takes that another program held up", async () => {
    const machine = new Machine(STEADY);
    const call = machine.call(8e3);
    let count = 0;
    const calls = await callsPerSample(
      () => {
        if (count++ === 500) machine.milliseconds += 20; // the first call after the warm-up
        call();
      },
      1e-3,
      machine.now,
    );
    expect(calls).toBe(8192);
  });
});

test("every other turn goes backwards", async () => {
  const order: string[] = [];
  let milliseconds = 0;
  await byTurns(
    ["a", "b"].map((name) => () => {
      order.push(name);
      milliseconds += 1;
    }),
    8,
    () => milliseconds,
  );
  expect(order.slice(6).join("")).toMatch(/^(abba)+(ab)?$/);
});

test("a sample of R lasts as long as is asked, in whole calls", () => {
  const machine = new Machine(STEADY);
  const core = machine.core();
  expect(core.sample(1e-3)).toBeCloseTo(RATE);
  expect(machine.milliseconds).toBeGreaterThanOrEqual(1);
  expect(machine.milliseconds).toBeLessThan(1.1);
  expect(core.samples).toEqual([expect.closeTo(median([...core.samples]))]);
});
