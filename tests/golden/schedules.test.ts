// The rates of a fit's steps against PyTorch's schedulers (schedules.py), within float64's rounding.
import { describe, expect, test } from "vitest";
import traces from "./schedules.json" with { type: "json" };
import { cosine, oneCycle, reduceOnPlateau, type Schedule, stepDecay, warmup } from "../../src/index.js";
import { halfCosine, runSchedule } from "../../src/network/training/schedules/running-schedule.js";
import { checkSchedule } from "../../src/network/training/schedules/schedules.js";

const { rate, stepsPerEpoch, losses } = traces;
const epochs = losses.length;

const SCHEDULES: Readonly<Record<keyof typeof traces.cases, Schedule>> = {
  cosine: cosine({ minimum: 0.01 }),
  "cosine, restarts": cosine({ minimum: 0.05, every: 2, factor: 2 }),
  stepDecay: stepDecay({ every: 5, factor: 0.3 }),
  "stepDecay, after": stepDecay({ after: [3, 4, 9], factor: 0.2 }),
  warmup: warmup({ steps: 10, start: 0.25 }),
  "warmup, cosine": warmup({ epochs: 2, start: 0.1, next: cosine({ minimum: 0.02 }) }),
  oneCycle: oneCycle(),
  "oneCycle, all options": oneCycle({ rising: 0.45, divisor: 5, finalDivisor: 50 }),
  reduceOnPlateau: reduceOnPlateau({ patience: 1 }),
  "reduceOnPlateau, all options": reduceOnPlateau({
    factor: 0.5,
    patience: 0,
    threshold: 0.06,
    isAbsolute: true,
    cooldown: 2,
    minimum: 0.15,
  }),
};

/** The rates of all steps; what it keeps goes through JSON after each epoch if it is `stored`. */
function ratesOf(schedule: Schedule, isStored = false): number[] {
  const out = new Float64Array(1);
  const course = { rate, stepsPerEpoch, steps: epochs * stepsPerEpoch };
  let running = runSchedule(schedule, out, course);
  return losses.flatMap((loss, epoch) => {
    const rates = Array.from({ length: stepsPerEpoch }, (_, i) => {
      running.begin(epoch * stepsPerEpoch + i + 1);
      return out[0];
    });
    const log = { epoch: epoch + 1, loss, learningRate: out[0], seconds: 0, silentUnits: [] };
    running.endEpoch?.(log, (epoch + 1) * stepsPerEpoch);
    if (isStored) {
      const saved = running.save?.();
      running = runSchedule(checkSchedule("schedule", JSON.parse(JSON.stringify(schedule))), out, course);
      if (saved) running.restore!(structuredClone(saved));
    }
    return rates;
  });
}

function worst(given: readonly number[], wanted: readonly number[]): number {
  expect(given.length).toBe(wanted.length);
  return Math.max(...wanted.map((value, i) => Math.abs(given[i] - value) / rate));
}

describe.each(Object.entries(SCHEDULES))("%s", (name, schedule) => {
  const wanted = traces.cases[name as keyof typeof traces.cases];

  test("the rates of every step", () => {
    expect(worst(ratesOf(schedule), wanted)).toBeLessThan(1e-13);
  });

  test("stored as JSON between two epochs it goes on to the bit", () => {
    expect(ratesOf(schedule, true)).toEqual(ratesOf(schedule));
  });
});

test("negative control: one step later is seen", () => {
  const { cosine: wanted } = traces.cases;
  expect(worst(ratesOf(SCHEDULES.cosine).slice(1), wanted.slice(0, -1))).toBeGreaterThan(1e-3);
});

test("the series of the cosine", () => {
  for (let i = 0; i <= 1000; i++)
    expect(Math.abs(halfCosine(i / 1000) - (1 + Math.cos((Math.PI * i) / 1000)) / 2)).toBeLessThan(4e-16);
});

test("what follows a warm-up watches no loss before it", () => {
  const next = reduceOnPlateau({ patience: 0, factor: 0.5 });
  const rates = ratesOf(warmup({ epochs: 4, start: 1, next }));
  const alone = ratesOf(next);
  expect(new Set(rates.slice(0, 5 * stepsPerEpoch))).toEqual(new Set([rate]));
  expect(alone[3 * stepsPerEpoch]).toBeLessThan(rate);
  expect(rates.at(-1)).toBeLessThan(rate);
});
