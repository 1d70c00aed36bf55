// Claim 1: ReLU is cheaper. Two clocks: on the activation alone, and on whole training steps of narrow and wide
// networks.
import type { Experiment, Judgement } from "../claim.js";
import { timeSteps, timesAsLong } from "../step-times.js";
import type { DigitRuns } from "../digit-runs.js";
import { figure, ratio, short } from "../figure-text.js";
import { type Spread, spread } from "../../../core/statistics.js";
import { formatNumber, listWords } from "../../../text/numbers.js";
import type { Network } from "../../../index.js";

const NAMES = ["relu", "sigmoid", "tanh"] as const;
const RIVALS = ["sigmoid", "tanh"] as const;
/** Units of both hidden layers, and so many rows that an epoch takes long enough for a clock. */
const SIZES = [
  { width: 32, rows: 1024 },
  { width: 128, rows: 512 },
  { width: 512, rows: 128 },
];
/** Of each a repeat keeps the fastest: what disturbs a clock only adds to it. */
const ROUNDS = 8;
/** A step that is cheaper by less is not worth the word. */
const WORTHWHILE = 1.1;

type Name = (typeof NAMES)[number];
/** One time a repeat: of repeats that were made by turns. */
type Times = Record<Name, number[]>;

export interface Costs {
  /** Nanoseconds an element, forward and backward together. */
  readonly kernels: Times;
  /** Microseconds a step. */
  readonly steps: readonly { readonly width: number; readonly times: Times }[];
}

const noTimes = (): Times => ({ relu: [], sigmoid: [], tanh: [] });

async function timeKernels(digits: DigitRuns): Promise<Times> {
  const { createKernels } = await import("../../../kernels.js");
  using kernels = await createKernels();
  const [z, upstream, out] = Array.from({ length: 3 }, () => kernels.allocate(128, 512));
  z.data.forEach((_, i, data) => (data[i] = 2 * Math.sin(i * i)));
  upstream.data.fill(1);
  const times = noTimes();
  const once = (name: Name): number => {
    const started = performance.now();
    for (let i = 0; i < 8; i++) {
      kernels.activate(out, z, name);
      kernels.activationGradient(out, z, upstream, name);
    }
    return ((performance.now() - started) * 1e6) / (8 * z.data.length);
  };
  for (let repeat = -1; repeat < digits.repeats; repeat++) {
    // the first warms up
    await digits.pause("timing the activations");
    const rounds = Array.from({ length: ROUNDS }, () => NAMES.map(once));
    if (repeat >= 0) NAMES.forEach((name, i) => times[name].push(Math.min(...rounds.map((round) => round[i]))));
  }
  return times;
}

async function timeWidth(digits: DigitRuns, width: number, rows: number): Promise<Times> {
  const networks: Network[] = [];
  for (const name of NAMES)
    networks.push(await digits.library.createNetwork(digits.digitsSpec([width, width], name, digits.seed)));
  const [relu, sigmoid, tanh] = await timeSteps(digits, networks, rows, `timing steps ${width} wide`);
  return { relu, sigmoid, tanh };
}

/** How many times as long the rivals take. */
function ratios(times: Times): number[] {
  return RIVALS.map((rival) => timesAsLong(times[rival], times.relu));
}

/** The fastest of all repeats compared, which lies between the repeats' own ratios. */
function comparison(times: Times, rival: Name): Spread {
  return { ...ratio(times[rival], times.relu), median: timesAsLong(times[rival], times.relu) };
}

function isWorthwhile(times: Times): boolean {
  return ratios(times).every((ratio) => ratio >= WORTHWHILE);
}

function judge({ kernels, steps }: Costs): Judgement {
  const alone = ratios(kernels);
  // three digits: two would not tell what is above 1.1 from what is below
  const inStep = steps.map(
    ({ width, times }) =>
      `layers of ${width} units, ${ratios(times)
        .map((each) => formatNumber(each, 3))
        .join(" and ")}`,
  );
  const isBelow1 = ratios(steps.at(-1)!.times).some((ratio) => ratio < 1);
  const sentence =
    `Alone, sigmoid takes ${short(alone[0])} times and tanh ${short(alone[1])} times as long as ` +
    "ReLU. Whole training steps take, with sigmoid and with tanh, this many times as long as with " +
    `ReLU: ${inStep.join("; ")}. The wider the layers, the more of a step goes into their products, ` +
    "and the less the activation " +
    `weighs.${isBelow1 ? " Below 1, the step with ReLU is the longer one." : ""}`;
  if (!alone.every((ratio) => ratio >= WORTHWHILE)) return { verdict: "does not hold here", sentence };
  const where = steps.filter(({ times }) => isWorthwhile(times)).map(({ width }) => width);
  if (where.length === steps.length) return { verdict: "holds", sentence };
  if (where.length === 0)
    return { verdict: "holds when the activation alone is timed: no step gets clearly cheaper", sentence };
  const here = `here with layers of ${listWords(where.map(String))} units`;
  const elsewhere = steps.filter(({ times }) => !isWorthwhile(times)).map(({ width }) => String(width));
  return {
    verdict: `holds when the activation is much of the step: ${here}, not of ${listWords(elsewhere)}`,
    sentence,
  };
}

export const cheaper: Experiment<Costs> = {
  claim: "ReLU is cheaper than sigmoid and tanh",
  experiment:
    "The kernels forward and backward on 128 x 512 preactivations, and whole training steps (64 " +
    "inputs, two hidden layers, batches of 32 digits) at three widths, all three activations by " +
    "turns; a repeat keeps the fastest step, and the fastest of all repeats are compared, since " +
    "other work on the machine only adds to a time. Cheaper means that both others take at least 1.1 " +
    "times as long.",
  measure: async (digits) => {
    const kernels = await timeKernels(digits);
    const steps: Costs["steps"][number][] = [];
    for (const { width, rows } of SIZES) steps.push({ width, times: await timeWidth(digits, width, rows) });
    return { kernels, steps };
  },
  judge,
  show: ({ kernels, steps }) => ({
    figures: [
      ...NAMES.map((name) => figure(`${name} alone, forward and backward`, spread(kernels[name]), "ns per element")),
      ...steps.flatMap(({ width, times }) =>
        NAMES.map((name) => figure(`step with ${name}, layers of ${width}`, spread(times[name]), "µs")),
      ),
      ...steps.flatMap(({ width, times }) =>
        RIVALS.map((rival) => figure(`${rival} beside relu, layers of ${width}`, comparison(times, rival))),
      ),
    ],
    plots: [
      {
        kind: "bars",
        title: "The activation alone",
        axis: { label: "nanoseconds per element, forward and backward" },
        bars: NAMES.map((name) => ({ name, ...ends(spread(kernels[name])), isAccent: name === "relu" })),
      },
      {
        kind: "bars",
        title: "A whole training step, beside ReLU's",
        axis: { label: "times as long as with ReLU" },
        bars: steps.flatMap(({ width, times }) =>
          RIVALS.map((rival) => ({ name: `${rival}, layers of ${width}`, ...ends(comparison(times, rival)) })),
        ),
      },
    ],
  }),
};

function ends({ median, low, high }: Spread): { value: number; low: number; high: number } {
  return { value: median, low, high };
}
