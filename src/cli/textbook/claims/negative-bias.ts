// Claim 6: a large negative bias kills. One starting bias after another, down to where nothing opens.
import type { Experiment, Judgement } from "../claim.js";
import { HEALTHY, type DigitRuns, type DigitRun } from "../digit-runs.js";
import { figure, short } from "../figure-text.js";
import { type Spread, spread } from "../../../core/statistics.js";
import { formatPercent } from "../../../text/numbers.js";
import { mean, variance } from "../../../core/statistics.js";

const BIASES = [0, -0.25, -0.5, -1, -4];
/**
 * A bias kills if this share of the units is closed at the end in every repeat, and most of them would not have been at
 * bias 0.
 */
const KILLED = 0.5;

export interface AtBias {
  readonly bias: number;
  /** By repeat. */
  readonly runs: readonly Pick<DigitRun, "closed" | "accuracy">[];
  /** Shares that are dead before any training. */
  readonly born: readonly number[];
}
export interface Biases {
  readonly byBias: readonly AtBias[];
  /** Standard deviation of the first layer's preactivations at the start, at bias 0. */
  readonly deviation: number;
}

/** Over all units and rows: within units, and from unit to unit. */
async function deviationOf(digits: DigitRuns): Promise<number> {
  using network = await digits.library.createNetwork(digits.digitsSpec([128], "relu", digits.seed));
  const { units } = digits.library.diagnose(network, digits.training.x, { proofs: false }).layers[0];
  return Math.sqrt(
    mean(units.map(({ preactivation: { std } }) => std ** 2)) +
      variance(units.map(({ preactivation }) => preactivation.mean)),
  );
}

function closedAt({ runs }: AtBias): Spread {
  return spread(runs.map(({ closed }) => closed));
}

function judge({ byBias, deviation }: Biases): Judgement {
  const without = closedAt(byBias[0]).high;
  const killing = byBias.filter(
    (one) => one.bias < 0 && closedAt(one).low >= KILLED && without < closedAt(one).low / 2,
  );
  const last = byBias.at(-1)!;
  const [score, healthy] = [last, byBias[0]].map(({ runs }) => spread(runs.map(({ accuracy }) => accuracy)).median);
  const figures =
    `From a bias of ${short(last.bias)}, ${formatPercent(closedAt(last).median)} of the units are ` +
    `dead after training, and ${formatPercent(score)} of the held-out digits are right; from bias 0, ` +
    `${formatPercent(closedAt(byBias[0]).median)} and ${formatPercent(healthy)}.`;
  if (!killing.some(({ bias }) => bias === last.bias)) return { verdict: "does not hold here", sentence: figures };
  const from = killing[0].bias;
  return {
    verdict: "holds",
    sentence:
      `${figures} Large begins at ${short(from)}: from there on half of them or more die. At the start ` +
      `the first layer's preactivations spread by ${short(deviation)}, so that is ` +
      `${short(-from / deviation)} of their standard deviations.`,
  };
}

export const negativeBias: Experiment<Biases> = {
  claim: "A large negative bias kills",
  experiment:
    "Digits, 64-128-128-10, rate 0.1, ten epochs, from five starting biases of the hidden units. A " +
    "unit is dead if it fires on no training row. A bias kills where half of the units or more are " +
    "dead at the end, in every repeat, and at least twice as many as from bias 0.",
  measure: async (digits) => {
    digits.begin(BIASES.map((bias) => ({ ...HEALTHY, bias })));
    const byBias: AtBias[] = [];
    for (const bias of BIASES)
      byBias.push({
        bias,
        born: await digits.closedAtStart({ ...HEALTHY, bias }),
        runs: await digits.trainAll({ ...HEALTHY, bias }),
      });
    return { byBias, deviation: await deviationOf(digits) };
  },
  judge,
  show: ({ byBias, deviation }) => {
    const series = (name: string, pick: (one: AtBias) => readonly number[]) => {
      const spreads = byBias.map((one) => spread(pick(one)));
      return {
        name,
        points: spreads.map(({ median }, i) => [byBias[i].bias, median] as const),
        band: spreads.map(({ low, high }) => [low, high] as const),
      };
    };
    return {
      figures: [
        { name: "standard deviation of the first layer's preactivations", value: deviation },
        ...byBias.flatMap((one) => [
          figure(`bias ${one.bias}: share dead at the start`, spread(one.born)),
          figure(`bias ${one.bias}: share dead after training`, closedAt(one)),
          figure(`bias ${one.bias}: held-out accuracy`, spread(one.runs.map(({ accuracy }) => accuracy))),
        ]),
      ],
      plots: [
        {
          kind: "lines",
          title: "Dead units and accuracy by starting bias",
          x: { label: "starting bias" },
          y: { label: "share", low: 0, high: 1 },
          series: [
            series("dead at start", ({ born }) => born),
            series("dead at end", ({ runs }) => runs.map(({ closed }) => closed)),
            series("accuracy", ({ runs }) => runs.map(({ accuracy }) => accuracy)),
          ],
        },
      ],
    };
  },
};
