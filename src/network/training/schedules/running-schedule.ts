// A schedule in one fit. A step's rate goes into an array, as numbers that functions return are boxed; cosines are a
// series, since Math.cos differs between engines.
import type { Schedule } from "./schedules.js";
import { type Monitor, monitored } from "./monitor.js";
import type { EpochLog } from "../../types.js";
import { checkNumber, isFloat32 } from "../../../core/checks.js";

/** Of the fit, what rates follow from. */
export interface Course {
  /** The optimizer's rate. */
  readonly rate: number;
  readonly stepsPerEpoch: number;
  /** Of all epochs. */
  readonly steps: number;
}

/** What reduceOnPlateau keeps from one epoch to the next. */
export interface SavedPlateau {
  readonly rate: number;
  /** The lowest loss so far. */
  readonly best: number;
  /** Epochs since then, and those that do not count yet. */
  readonly bad: number;
  readonly cooldown: number;
}

export interface RunningSchedule {
  /** Sets the rate of a step, from 1, in an epoch, from 1; without that it follows from the step. */
  begin(step: number, epoch?: number): void;
  /** After the last step of an epoch. */
  endEpoch?(log: EpochLog, step: number): void;
  save?(): SavedPlateau;
  restore?(saved: SavedPlateau): void;
}

type Out = Float64Array;
type Options = Readonly<Record<string, number | undefined>>;

const TERMS = 13;

/** (1 + cos(pi·share)) / 2 for a share of 0 to 1: the square of the cosine of half the angle. */
export function halfCosine(share: number): number {
  const square = ((Math.PI / 2) * share) ** 2;
  let sum = 1;
  for (let n = TERMS; n > 0; n--) sum = 1 - (square / (2 * n * (2 * n - 1))) * sum;
  return sum * sum;
}

const stepsOf = (epochs: number, { stepsPerEpoch }: Course): number => Math.max(1, Math.round(epochs * stepsPerEpoch));

function runCosine(out: Out, { minimum, epochs, every, factor }: Options, course: Course): RunningSchedule {
  const { rate } = course;
  const lowest = Math.min(minimum!, rate);
  const first = every ?? epochs;
  const whole = first === undefined ? Math.max(1, course.steps) : stepsOf(first, course);
  let [from, length] = [0, whole];
  return {
    begin(step) {
      if (step <= from) [from, length] = [0, whole];
      if (every !== undefined) for (; step - 1 - from >= length; length *= factor!) from += length;
      out[0] = lowest + (rate - lowest) * halfCosine(Math.min(1, (step - 1 - from) / length));
    },
  };
}

function runStepDecay(out: Out, options: Schedule["options"], { rate, stepsPerEpoch }: Course): RunningSchedule {
  const { every, after, factor } = options as { every?: number; after?: readonly number[]; factor: number };
  const fallsBefore = (epoch: number): number =>
    every === undefined ? after!.filter((each) => each < epoch).length : Math.floor((epoch - 1) / every);
  let last = 0;
  return {
    begin(step, epoch = Math.ceil(step / stepsPerEpoch)) {
      if (epoch === last) return;
      last = epoch;
      out[0] = rate;
      for (let falls = fallsBefore(epoch); falls > 0 && out[0] > 0; falls--) out[0] *= factor;
    },
  };
}

function runOneCycle(out: Out, options: Options, course: Course): RunningSchedule {
  const { rate } = course;
  const { rising, divisor, finalDivisor, epochs } = options;
  const total = epochs === undefined ? Math.max(1, course.steps) : stepsOf(epochs, course);
  const first = rate / divisor!;
  const last = first / finalDivisor!;
  const [top, end] = [rising! * total - 1, total - 1];
  return {
    begin(step) {
      const at = Math.min(step - 1, end);
      if (at <= top) out[0] = rate + (first - rate) * (top > 0 ? halfCosine(at / top) : 0);
      else out[0] = last + (rate - last) * halfCosine((at - top) / (end - top));
    },
  };
}

function runPlateau(out: Out, options: Schedule["options"], { rate: start }: Course): RunningSchedule {
  const { monitor, factor, patience, threshold, isAbsolute, cooldown, minimum, leastChange } = options as unknown as {
    readonly monitor?: Monitor;
    readonly factor: number;
    readonly patience: number;
    readonly threshold: number;
    readonly isAbsolute: boolean;
    readonly cooldown: number;
    readonly minimum: number;
    readonly leastChange: number;
  };
  let state: SavedPlateau = { rate: start, best: Infinity, bad: 0, cooldown: 0 };
  const isFall = (loss: number, best: number) => loss < (isAbsolute ? best - threshold : best * (1 - threshold));
  return {
    begin() {
      out[0] = state.rate;
    },
    endEpoch(log) {
      const loss = monitored(log, monitor);
      let { rate, best, bad } = state;
      const left = Math.max(0, state.cooldown - 1);
      const falls = isFall(loss, best);
      if (falls) best = loss;
      bad = falls || state.cooldown > 0 ? 0 : bad + 1;
      if (bad <= patience) return void (state = { rate, best, bad, cooldown: left });
      const reduced = Math.min(rate, Math.max(rate * factor, minimum));
      if (rate - reduced > leastChange) rate = reduced;
      state = { rate, best, bad: 0, cooldown };
    },
    save: () => state,
    restore: (saved) => void (state = saved),
  };
}

/** What follows counts its steps from the first one after the warm-up. */
function runWarmup(out: Out, options: Schedule["options"], course: Course): RunningSchedule {
  const {
    epochs,
    steps,
    start,
    next: follower,
  } = options as {
    readonly epochs?: number;
    readonly steps?: number;
    readonly start: number;
    readonly next?: Schedule;
  };
  const { rate } = course;
  const length = steps ?? stepsOf(epochs!, course);
  const next = follower && runSchedule(follower, out, { ...course, steps: Math.max(1, course.steps - length) });
  return {
    begin(step) {
      if (step <= length) out[0] = rate * (start + ((1 - start) * (step - 1)) / length);
      else if (next) next.begin(step - length);
      else out[0] = rate;
    },
    ...(next?.endEpoch && {
      endEpoch: (log, step) => {
        if (step > length) next.endEpoch!(log, step - length);
      },
      save: next.save,
      restore: next.restore,
    }),
  };
}

/** A schedule that is a function of step and epoch. */
function runFunction(
  out: Out,
  schedule: (step: number, epoch: number) => number,
  { stepsPerEpoch }: Course,
): RunningSchedule {
  return {
    begin(step, epoch = Math.ceil(step / stepsPerEpoch)) {
      const rate = schedule(step, epoch);
      // the text that a refusal wants is not made in each step
      if (!(typeof rate === "number" && rate >= 0 && isFloat32(rate)))
        checkNumber(`learningRate(${step}, ${epoch})`, rate, { low: 0 });
      out[0] = rate;
    },
  };
}

/** @param out its first number becomes the rate of the step that was begun last */
export function runSchedule(
  schedule: Schedule | ((step: number, epoch: number) => number),
  out: Float64Array,
  course: Course,
): RunningSchedule {
  if (typeof schedule === "function") return runFunction(out, schedule, course);
  const { name, options } = schedule;
  switch (name) {
    case "cosine":
      return runCosine(out, options as Options, course);
    case "stepDecay":
      return runStepDecay(out, options, course);
    case "oneCycle":
      return runOneCycle(out, options as Options, course);
    case "warmup":
      return runWarmup(out, options, course);
    default:
      return runPlateau(out, options, course);
  }
}
