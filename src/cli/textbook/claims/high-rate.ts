// Claim 7: a high rate kills, and one large gradient turns N(+0.1) into N(-0.1). First the digits at one rate after
// another; then the textbook's own unit.
import type { Experiment, Judgement } from "../claim.js";
import { HEALTHY, type DigitRuns, type DigitRun } from "../digit-runs.js";
import { figure, short } from "../figure-text.js";
import { type Spread, spread } from "../../../core/statistics.js";
import { formatPercent, formatSigned } from "../../../text/numbers.js";
import { mean, variance } from "../../../core/statistics.js";
import type { Cause, DataSet } from "../../../index.js";
import { binCounts } from "../../../report/svg/histogram.js";
import { randomFrom } from "../../../diagnosis/forecast/draw.js";

const RATES = [0.1, 0.4, 0.9, 1.6];
/** A rate kills if so many more units are dead at the end than at the lowest rate, in every repeat. */
const KILLED = 1 / 3;

const BATCH = 16,
  BATCHES = 200,
  BAD_BATCH = 117;
/** Inputs spread by 0.2, so that 0.1·x + 0.1 spreads by 0.02. */
const SPREAD = 0.2;
const UNIT_RATE = 0.5;
/** How near the hump must come to -0.1, and how much of it may still be above 0. */
const NEAR = 0.03,
  LEFT_OPEN = 1e-3;

export interface AtRate {
  readonly rate: number;
  readonly runs: readonly Pick<DigitRun, "closed" | "accuracy">[];
}

/** The unit's preactivations over all rows, right before and right after the bad batch. */
export interface UnitStory {
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** Of its death, if it died in that step. */
  readonly cause: Cause | "alive";
  readonly step: number;
  readonly survivesAt?: number;
}

export interface Deaths {
  readonly byRate: readonly AtRate[];
  /** By repeat. */
  readonly units: readonly UnitStory[];
}

/** Inputs normal, targets what the unit says already, but for one batch: -0.1, where it says +0.1. */
function unitData(seed: number): DataSet & { readonly x: number[][] } {
  const { normal } = randomFrom(seed);
  const x = Array.from({ length: BATCH * BATCHES }, () => [SPREAD * normal()]);
  return { x, y: x.map(([value], row) => (Math.floor(row / BATCH) === BAD_BATCH ? -0.1 : 0.1 + 0.1 * value)) };
}

async function unitStory(digits: DigitRuns, seed: number): Promise<UnitStory> {
  const { createNetwork, sgd, traceDeaths } = digits.library;
  await digits.pause(`the textbook's unit, seed ${seed}`);
  using network = await createNetwork({ inputs: 1, layers: [{ units: 1 }, { units: 1 }], loss: "meanSquaredError" });
  network.layers[0].setWeights({ kernel: Float32Array.of(0.1), bias: Float32Array.of(0.1) });
  network.layers[1].setWeights({ kernel: Float32Array.of(1) });
  const data = unitData(seed);
  const preactivations = (): number[] => {
    const { kernel, bias } = network.layers[0].getWeights();
    return data.x.map(([value]) => value * kernel[0] + bias[0]);
  };
  let before: number[] = [],
    after: number[] = [];
  const onBatchEnd = ({ step }: { step: number }): void => {
    if (step === BAD_BATCH) before = preactivations(); // steps count from 1: this is the one before it
    if (step === BAD_BATCH + 1) after = preactivations();
  };
  const trace = traceDeaths();
  await network.fit(data, {
    epochs: 1,
    batchSize: BATCH,
    shuffle: false,
    optimizer: sgd({ learningRate: UNIT_RATE }),
    callbacks: [{ onBatchEnd }, trace],
  });
  const death = trace.deaths[0];
  return { before, after, cause: death?.cause ?? "alive", step: death?.step ?? 0, survivesAt: death?.survivesAt };
}

function closedAt({ runs }: AtRate): Spread {
  return spread(runs.map(({ closed }) => closed));
}

function openShare(values: readonly number[]): number {
  return values.filter((value) => value > 0).length / values.length;
}

/** It lay around +0.1, and that step put it around -0.1, below 0 but for a row in a thousand. */
function isTurned({ before, after }: UnitStory): boolean {
  return Math.abs(mean(before) - 0.1) <= NEAR && Math.abs(mean(after) + 0.1) <= NEAR && openShare(after) <= LEFT_OPEN;
}

/** No row has opened it since, and the replay of that step names the rate. */
function isKilled({ cause, step }: UnitStory): boolean {
  return cause === "learningRate" && step === BAD_BATCH + 1;
}

function judge({ byRate, units }: Deaths): Judgement {
  const [lowest] = byRate;
  const killing = byRate.filter((one) => closedAt(one).low - closedAt(lowest).high >= KILLED);
  const turned = units.filter(isTurned).length;
  const hump = (pick: (unit: UnitStory) => readonly number[]): string => {
    const all = units.flatMap(pick);
    return `${formatSigned(mean(all), 2)} ± ${short(Math.sqrt(variance(all)))}`;
  };
  const lives = units.flatMap(({ survivesAt }) => survivesAt ?? []);
  const killed = units.filter(isKilled).length;
  const survival = lives.length === 0 ? "" : `, and at a rate of ${short(spread(lives).median)} it would have lived`;
  const unit =
    `The textbook's unit went from ${hump(({ before }) => before)} to ${hump(({ after }) => after)} ` +
    `in one step of rate ${UNIT_RATE}; in ${killed} of ${units.length} repeats no row opened it ever ` +
    `after${survival}.`;
  const shares = byRate.map((one) => `${formatPercent(closedAt(one).median)} at ${one.rate}`).join(", ");
  const sentence = `Dead after training on the digits: ${shares}. ${unit}`;
  const rateKills = killing.length > 0 && killing.at(-1) === byRate.at(-1);
  const isTrue = turned === units.length && killed > units.length / 2;
  if (rateKills && isTrue) return { verdict: "holds", sentence };
  if (rateKills)
    return {
      verdict: "holds when whole networks are trained; one gradient alone did not close the unit permanently",
      sentence,
    };
  if (isTrue)
    return {
      verdict: "holds when one unit gets one large gradient; the rates tried kill no third of the network",
      sentence,
    };
  return { verdict: "does not hold here", sentence };
}

export const highRate: Experiment<Deaths> = {
  claim: "A high rate kills: one large gradient turns N(+0.1) into N(-0.1)",
  experiment:
    "Digits, 64-128-128-10, ten epochs of plain gradient descent at four rates. A rate kills if a " +
    "third more of the units are dead at the end than at rate 0.1, in every repeat. Then one unit " +
    "with preactivations N(+0.1, 0.02²) that already gives the right answers meets one batch of " +
    "wrong targets; it has turned if its mean comes within 0.03 of -0.1 and at most a row in a " +
    "thousand still opens it. A replay of the deadly step names its cause.",
  measure: async (digits) => {
    digits.begin(RATES.map((rate) => ({ ...HEALTHY, rate })));
    const byRate: AtRate[] = [];
    for (const rate of RATES) byRate.push({ rate, runs: await digits.trainAll({ ...HEALTHY, rate }) });
    const units: UnitStory[] = [];
    for (const seed of digits.seeds) units.push(await unitStory(digits, seed));
    return { byRate, units };
  },
  judge,
  show: ({ byRate, units }) => {
    const bins = (values: readonly number[]) => binCounts(values, -0.2, 0.2, 50);
    const { edges, counts } = bins(units[0].before);
    return {
      figures: [
        ...byRate.flatMap((one) => [
          figure(`rate ${one.rate}: share dead after training`, closedAt(one)),
          figure(`rate ${one.rate}: held-out accuracy`, spread(one.runs.map(({ accuracy }) => accuracy))),
        ]),
        figure("the unit: mean preactivation before the step", spread(units.map(({ before }) => mean(before)))),
        figure("the unit: mean preactivation after it", spread(units.map(({ after }) => mean(after)))),
        figure("the unit: highest preactivation after it", spread(units.map(({ after }) => Math.max(...after)))),
        figure(
          "the unit: share of rows that open it after the step",
          spread(units.map(({ after }) => openShare(after))),
        ),
        { name: "the unit: repeats in which it stayed closed", value: units.filter(isKilled).length },
        ...(units.some(({ survivesAt }) => survivesAt !== undefined)
          ? [
              figure(
                "the unit: it would have lived at a rate of",
                spread(units.flatMap(({ survivesAt }) => survivesAt ?? [])),
              ),
            ]
          : []),
      ],
      plots: [
        {
          kind: "lines",
          title: "Dead units and accuracy by rate",
          x: { label: "learning rate", low: 0 },
          y: { label: "share", low: 0, high: 1 },
          series: [
            ["dead at end", ({ closed }: AtRate["runs"][number]) => closed],
            ["accuracy", ({ accuracy }: AtRate["runs"][number]) => accuracy],
          ].map(([name, pick]) => {
            const spreads = byRate.map(({ runs }) => spread(runs.map(pick as (run: AtRate["runs"][number]) => number)));
            return {
              name: name as string,
              points: spreads.map(({ median }, i) => [byRate[i].rate, median] as const),
              band: spreads.map(({ low, high }) => [low, high] as const),
            };
          }),
        },
        {
          kind: "histogram",
          title: "The unit's preactivations around the deadly step",
          x: { label: "preactivation" },
          y: { label: "rows" },
          edges,
          series: [
            { name: "after", counts: bins(units[0].after).counts },
            { name: "before", counts },
          ],
        },
      ],
    };
  },
};
