// Claim 4: it converges better. Each activation at the rate that suits it best, and all at the same rate.
import type { Experiment, Judgement } from "../claim.js";
import type { DigitRuns, DigitRun } from "../digit-runs.js";
import { figure, ratio, short } from "../figure-text.js";
import { type Spread, spread } from "../../../core/statistics.js";
import { listWords, formatPercent } from "../../../text/numbers.js";
import type { ActivationName } from "../../../index.js";

const NAMES = ["relu", "sigmoid", "tanh"] as const satisfies readonly ActivationName[];
const RIVALS = ["sigmoid", "tanh"] as const;
const RATES = [0.3, 1, 3];
/** The rival's loss must be so many times ReLU's, in the median. */
const CLEARLY = 1.1;

type Name = (typeof NAMES)[number];

export interface Trained {
  readonly rate: number;
  /** By repeat. */
  readonly runs: readonly Pick<DigitRun, "losses" | "accuracies" | "accuracy">[];
}
export type Convergence = Record<Name, readonly Trained[]>;

async function measure(digits: DigitRuns): Promise<Convergence> {
  const result: Record<Name, Trained[]> = { relu: [], sigmoid: [], tanh: [] };
  for (const name of NAMES) {
    for (const rate of RATES) {
      const trials = result[name];
      trials.push({ rate, runs: await digits.trainAll({ activation: name, rate, bias: 0 }) });
      if (best(trials) !== trials.at(-1)) break; // the best one has been passed
    }
  }
  return result;
}

/** The loss of the last epoch; not a number counts as infinite. */
function lastLosses({ runs }: Trained): number[] {
  return runs
    .map(({ losses }) => losses.at(-1) ?? Infinity)
    .map((loss) => (Number.isFinite(loss) ? loss : Number.MAX_VALUE));
}

/** By the training loss; the held-out rows have no say. */
function best(trials: readonly Trained[]): Trained {
  return trials.reduce((least, trial) =>
    spread(lastLosses(trial)).median < spread(lastLosses(least)).median ? trial : least,
  );
}

function accuracyOf({ runs }: Trained): Spread {
  return spread(runs.map(({ accuracy }) => accuracy));
}

/** Lower loss in every repeat, by a tenth in the median. */
function isBetter(relu: Trained, rival: Trained): boolean {
  const { low, median } = ratio(lastLosses(rival), lastLosses(relu));
  return low > 1 && median >= CLEARLY;
}

function judge(trained: Convergence): Judgement {
  const relu = best(trained.relu);
  const atBest = RIVALS.filter((rival) => isBetter(relu, best(trained[rival])));
  const atLeast = RIVALS.filter((rival) => isBetter(trained.relu[0], trained[rival][0]));
  const words = NAMES.map((name) => {
    const { rate } = best(trained[name]);
    const accuracy = formatPercent(accuracyOf(best(trained[name])).median);
    const loss = short(spread(lastLosses(best(trained[name]))).median);
    return `${name} ${loss} (rate ${rate}, ${accuracy} of the held-out digits right)`;
  });
  const same = NAMES.map((name) => `${name} ${short(spread(lastLosses(trained[name][0])).median)}`);
  const sentence =
    `Training loss in the last of ten epochs, each at its best rate: ${listWords(words)}. All at ` +
    `rate ${trained.relu[0].rate}: ${listWords(same)}.`;
  if (atBest.length === RIVALS.length) return { verdict: "holds", sentence };
  if (atBest.length > 0) {
    const others = listWords(RIVALS.filter((rival) => !atBest.includes(rival)));
    return { verdict: `holds when the other one is ${listWords(atBest)}, not ${others}`, sentence };
  }
  if (atLeast.length > 0)
    return { verdict: `holds when both run at rate ${trained.relu[0].rate}, against ${listWords(atLeast)}`, sentence };
  return { verdict: "does not hold here", sentence };
}

function byEpoch({ runs }: Trained, pick: (run: Trained["runs"][number]) => readonly number[]): Spread[] {
  const epochs = Math.min(...runs.map((run) => pick(run).length));
  return Array.from({ length: epochs }, (_, epoch) => spread(runs.map((run) => pick(run)[epoch])));
}

function series(trained: Convergence, pick: (run: Trained["runs"][number]) => readonly number[]) {
  return NAMES.map((name) => {
    const trial = best(trained[name]);
    const spreads = byEpoch(trial, pick);
    return {
      name: `${name}, ${trial.rate}`,
      points: spreads.map(({ median }, i) => [i + 1, median] as const),
      band: spreads.map(({ low, high }) => [low, high] as const),
    };
  });
}

export const convergence: Experiment<Convergence> = {
  claim: "ReLU converges better than sigmoid and tanh",
  experiment:
    "Digits, 64-128-128-10, ten epochs of plain gradient descent in batches of 32, for each " +
    `activation at rates ${RATES.join(", ")}, until the training loss gets worse; each is judged at ` +
    "its best one. The held-out rows have no say in that. Better means a lower loss in every repeat, " +
    "and the other's at least 1.1 times as high in the median.",
  measure,
  judge,
  show: (trained) => ({
    figures: NAMES.flatMap((name) =>
      trained[name].flatMap((trial) => [
        figure(`${name}, rate ${trial.rate}: training loss, last epoch`, spread(lastLosses(trial))),
        figure(`${name}, rate ${trial.rate}: held-out accuracy`, accuracyOf(trial)),
      ]),
    ),
    plots: [
      {
        kind: "lines",
        title: "Training loss by epoch, each at its best rate",
        x: { label: "epoch" },
        y: { label: "training loss", scale: "log" },
        series: series(trained, ({ losses }) => losses),
      },
      {
        kind: "lines",
        title: "Held-out accuracy by epoch, each at its best rate",
        x: { label: "epoch" },
        y: { label: "accuracy", high: 1 },
        series: series(trained, ({ accuracies }) => accuracies),
      },
    ],
  }),
};
