// P: faults planted in one regression, as TheDeepChecker (arXiv 2204.00694) planted them; mended, each is the same
// clean program. Its weights' L2 term of 1e-5 is written as AdamW's decay. Targets are standardized, but for a sigmoid
// as the source says: within [-1, 1].
import { asRows, type Data, draws, mean, milesPerGallon, scaled, standardized } from "./data.js";
import {
  entropy,
  oneUnit,
  type Program,
  relu,
  linear,
  says,
  saysOf,
  sigmoid,
  softmax,
  squared,
  type Training,
} from "./program.js";
import { adamW, type EpochLog, type History, type KernelInitializer, type Network } from "../../../src/index.js";

const byAdamW = (learningRate = 0.001) => adamW({ learningRate, weightDecay: 1e-5, epsilon: 1e-7 });

const table = milesPerGallon();
const inputs = standardized(table.x);
const standardDeviations = standardized(asRows(table.y));
const withTargets = (y: Data["y"]) => () => ({ x: inputs, y });

const hidden = (initializer: KernelInitializer) => [relu(64, initializer), relu(64, initializer)];

const CLEAN: Training = {
  layers: [...hidden("heNormal"), linear(1, "heNormal")],
  loss: squared,
  data: withTargets(standardDeviations),
  optimizer: byAdamW(),
  epochs: 100,
};

/**
 * A loop of the user's own, as fit has no rate below 0: Adam's steps, up the gradient. It notes its losses
 * as fit does.
 */
function climb(network: Network, { x, y }: Data, seed: number): History {
  const { shuffle } = draws(seed);
  const epochs: EpochLog[] = [];
  const moments = network.layers.map((layer) => {
    const { kernel, bias } = layer.getWeights();
    return { kernel: momentsOf(kernel), bias: momentsOf(bias) };
  });
  for (let step = 1, epoch = 1; epoch <= 5; epoch++) {
    const order = shuffle([...x.keys()]);
    const losses: number[] = [];
    for (let first = 0; first < order.length; first += 32, step++) {
      const batch = order.slice(first, first + 32);
      const data = { x: batch.map((row) => x[row]), y: batch.map((row) => asRows(y)[row]) };
      const { loss, layers } = network.gradients(data);
      losses.push(loss);
      layers.forEach((gradient, l) => {
        const { kernel, bias } = network.layers[l].getWeights();
        network.layers[l].setWeights({
          kernel: climbed(kernel, gradient.kernel, moments[l].kernel, step),
          bias: climbed(bias, gradient.bias, moments[l].bias, step),
        });
      });
    }
    epochs.push({ epoch, loss: mean(losses), learningRate: 0.001, seconds: 0, silentUnits: [] });
  }
  return { epochs };
}

interface Moments {
  readonly first: Float64Array;
  readonly second: Float64Array;
}
const momentsOf = ({ length }: ArrayLike<number>): Moments => ({
  first: new Float64Array(length),
  second: new Float64Array(length),
});

const climbed = (weights: Float32Array, gradient: Float32Array, { first, second }: Moments, step: number) =>
  weights.map((weight, i) => {
    first[i] = 0.9 * first[i] + 0.1 * gradient[i];
    second[i] = 0.999 * second[i] + 0.001 * gradient[i] ** 2;
    const size = Math.sqrt(second[i] / (1 - 0.999 ** step)) + 1e-7;
    return weight + (0.001 * first[i]) / (1 - 0.9 ** step) / size;
  });

const planted = (fault: string, note: string, answers: Program["answers"], change: Partial<Training>): Program => ({
  post: fault,
  note,
  answers,
  faulty: { ...CLEAN, ...change },
  repair: { ...CLEAN, train: undefined },
  bar: 0.85,
});

const halves = withTargets(scaled(asRows(table.y)).map(([share]) => 2 * share - 1));
const output = (last: ReturnType<typeof linear>): Partial<Training> => ({
  layers: [...CLEAN.layers.slice(0, -1), last],
});
const worse = says("divergence", "noBetterThanConstant");

export const PLANTED: readonly Program[] = [
  planted("rate .1", "a hundred times Adam's usual rate", [says("highRate", "divergence")], {
    optimizer: byAdamW(0.1),
  }),
  planted("rate 1e-5", "a hundredth of it", [says("stepsTooSmall", "stillLearning")], { optimizer: byAdamW(1e-5) }),
  planted("constant weights", "all .01, so that the units of a layer stay alike", [says("constantTogether")], {
    layers: [...hidden({ constant: 0.01 }), linear(1, { constant: 0.01 })],
  }),
  planted("large weights", "normal(0, .25), 1.4 times He's in the second layer", [], {
    layers: [...hidden({ normal: 0.25 }), linear(1, { normal: 0.25 })],
  }),
  planted("softmax", "over the one output", [saysOf(-1, "singleUnitSoftmax", "lossMismatch")], output(softmax(1))),
  planted("sigmoid", "on targets within [-1, 1]", [saysOf(-1, "lossMismatch")], {
    ...output(sigmoid(1)),
    data: halves,
  }),
  planted("targets times 10", "miles per gallon as they are, times 10", [says("unscaledTargets")], {
    data: withTargets(table.y.map((value) => 10 * (value as number))),
  }),
  planted("standardized targets times 10", "the other reading of the same fault", [says("unscaledTargets")], {
    data: withTargets(standardDeviations.map(([value]) => 10 * value)),
  }),
  planted("unscaled inputs", "weights in pounds beside shares of a litre", [says("unscaledInputs")], {
    data: () => ({ x: table.x, y: standardDeviations }),
  }),
  planted("cross-entropy", "of numbers, on one linear output taken for a probability", [oneUnit], {
    loss: entropy,
  }),
  planted("gradient's sign", "turned, in a loop of the user's own", [worse], { train: climb }),
];
