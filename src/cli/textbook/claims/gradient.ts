// Claim 3: the gradient vanishes less. Norms of the gradient by layer in deep networks that have not learnt yet (Glorot
// and Bengio 2010, He et al. 2015).
import type { Experiment, Judgement } from "../claim.js";
import { type DigitRuns, norm } from "../digit-runs.js";
import { figure, ratio, short } from "../figure-text.js";
import { type Spread, spread } from "../../../core/statistics.js";
import { listWords } from "../../../text/numbers.js";
import type { ActivationName, KernelInitializer } from "../../../index.js";

const DEPTH = 12;
const WIDTH = 64;
const ROWS = 128;
/** The rival's gradient must shrink so many times more than ReLU's, in every repeat. */
const CLEARLY = 2;

interface Start {
  readonly name: string;
  readonly activation: ActivationName;
  readonly kernelInitializer: KernelInitializer;
}
const RELU: Start = { name: "relu", activation: "relu", kernelInitializer: "heNormal" };
const RIVALS: readonly Start[] = [
  { name: "sigmoid", activation: "sigmoid", kernelInitializer: "glorotUniform" },
  { name: "tanh", activation: "tanh", kernelInitializer: "glorotUniform" },
];
const RELU_BY_GLOROT: Start = { name: "relu, Glorot", activation: "relu", kernelInitializer: "glorotUniform" };

export interface Norms {
  readonly name: string;
  /** Of the gradient by the kernels of the hidden layers, by repeat and layer. */
  readonly byRepeat: readonly (readonly number[])[];
}

export interface Gradients {
  readonly relu: Norms;
  readonly rivals: readonly Norms[];
  readonly reluByGlorot: Norms;
}

async function measureOne(digits: DigitRuns, { name, activation, kernelInitializer }: Start): Promise<Norms> {
  const byRepeat: number[][] = [];
  for (const seed of digits.seeds) {
    await digits.pause(`gradients of ${name}, seed ${seed}`);
    const hidden = Array.from({ length: DEPTH }, () => ({ units: WIDTH, activation, kernelInitializer }));
    using network = await digits.library.createNetwork({
      ...digits.digitsSpec([], activation, seed),
      layers: [...hidden, { units: 10, kernelInitializer }],
    });
    const { layers } = network.gradients(digits.someRows(ROWS));
    byRepeat.push(layers.slice(0, DEPTH).map(({ kernel }) => norm(kernel)));
  }
  return { name, byRepeat };
}

/** How many times smaller the first layer's gradient is than the last hidden one's. */
function shrinks({ byRepeat }: Norms): number[] {
  return byRepeat.map((norms) => norms.at(-1)! / norms[0]);
}

/** Of the gradient by the first layer's kernel. */
function firstNorms({ byRepeat }: Norms): number[] {
  return byRepeat.map(([first]) => first);
}

function judge({ relu, rivals, reluByGlorot }: Gradients): Judgement {
  const told = ({ name, byRepeat }: Norms): string => `${name} ${short(spread(shrinks({ name, byRepeat })).median)}`;
  const beaten = rivals.filter((rival) => ratio(shrinks(rival), shrinks(relu)).low >= CLEARLY);
  const sentence =
    "From the last hidden layer down to the first the gradient gets this many times smaller: " +
    `${listWords([relu, ...rivals].map(told))}. By ReLU's kernels started by Glorot's rule it is ` +
    `${short(spread(shrinks(reluByGlorot)).median)}, with gradients ` +
    `${short(ratio(firstNorms(relu), firstNorms(reluByGlorot)).median)} times smaller in the first ` +
    "layer than from He's start.";
  if (beaten.length === rivals.length) return { verdict: "holds", sentence };
  if (beaten.length === 0) return { verdict: "does not hold here", sentence };
  const others = rivals.filter((rival) => !beaten.includes(rival)).map(({ name }) => name);
  return {
    verdict: `holds when the other one is ${listWords(beaten.map(({ name }) => name))}, not ${listWords(others)}`,
    sentence,
  };
}

function layerSpreads({ byRepeat }: Norms): Spread[] {
  return byRepeat[0].map((_, layer) => spread(byRepeat.map((norms) => norms[layer])));
}

export const gradient: Experiment<Gradients> = {
  claim: "With ReLU the gradient vanishes less",
  experiment:
    `Networks of ${DEPTH} hidden layers of ${WIDTH}, as they start (ReLU by He's rule, sigmoid and ` +
    `tanh by Glorot's, zero biases): norms of the gradient of the mean loss over ${ROWS} digits, by ` +
    "the kernel of each layer. ReLU's counts as vanishing less where the other's shrinks at least " +
    "twice as much, in every repeat.",
  measure: async (digits) => {
    const rivals: Norms[] = [];
    for (const start of RIVALS) rivals.push(await measureOne(digits, start));
    return { relu: await measureOne(digits, RELU), rivals, reluByGlorot: await measureOne(digits, RELU_BY_GLOROT) };
  },
  judge,
  show: ({ relu, rivals, reluByGlorot }) => ({
    figures: [relu, ...rivals, reluByGlorot].flatMap((norms) => [
      figure(`${norms.name}: times smaller in the first layer`, spread(shrinks(norms))),
      ...layerSpreads(norms).map((one, layer) => figure(`${norms.name}: norm of the gradient, layer ${layer}`, one)),
    ]),
    plots: [
      {
        kind: "lines",
        title: "Norm of the gradient by layer, before any training",
        x: { label: "hidden layer (0: next to the inputs)" },
        y: { label: "norm of the gradient", scale: "log" },
        series: [relu, ...rivals, reluByGlorot].map((norms) => ({
          name: norms.name,
          points: layerSpreads(norms).map(({ median }, layer) => [layer, median] as const),
          band: layerSpreads(norms).map(({ low, high }) => [low, high] as const),
        })),
      },
    ],
  }),
};
