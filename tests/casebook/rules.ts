// The rules by which other tools call ReLU units dead, as the documentation and papers of each state them, in float64.
import { forward, gradients, type ReferenceLayer, type ReferenceTargets, type Rows } from "../reference/network.js";

/** A network before its judges. */
export interface TestedNetwork {
  readonly layers: readonly ReferenceLayer[];
  readonly x: Rows;
  readonly targets: ReferenceTargets;
  readonly loss: string;
}

/** By hidden layer and unit; undefined for a layer that the rule does not look at. */
export type UnitCalls = readonly (readonly boolean[] | undefined)[];

export interface Rule {
  readonly tool: string;
  readonly rule: string;
  /** Which units it holds dead, if it looks at units. */
  readonly units?: (tested: TestedNetwork) => UnitCalls;
  /**
   * Whether it raises its alarm, if it has one, and from which share of dead units in a layer the alarm would be right.
   */
  readonly alarm?: {
    readonly raises: (tested: TestedNetwork) => boolean;
    readonly isTrueAt: (share: number) => boolean;
  };
  /** Does it tell its user which unit? */
  readonly namesUnit: boolean;
}

const share = (values: readonly boolean[]) => values.filter(Boolean).length / values.length;
const columnsOf = (rows: Rows) => rows[0].map((_, unit) => rows.map((row) => row[unit]));
const mean = (values: readonly number[]) => values.reduce((total, value) => total + value, 0) / values.length;

/** A judgment on each unit of the hidden relu layers, from its activations on all samples. */
function byUnit({ layers, x }: TestedNetwork, isDead: (activations: readonly number[]) => boolean): UnitCalls {
  const passes = forward(layers, x);
  return layers
    .slice(0, -1)
    .map(({ activation }, layer) => (activation.name === "relu" ? columnsOf(passes[layer].a).map(isDead) : undefined));
}

function unitRule(
  isDead: (activations: readonly number[]) => boolean,
  isAlarming: (share: number) => boolean,
): Pick<Rule, "units" | "alarm"> {
  const units = (tested: TestedNetwork) => byUnit(tested, isDead);
  return {
    units,
    alarm: {
      raises: (tested) => units(tested).some((layer) => layer !== undefined && isAlarming(share(layer))),
      isTrueAt: isAlarming,
    },
  };
}

/** The 95th percentile by linear interpolation, as numpy has it. */
function percentile95(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const position = 0.95 * (sorted.length - 1);
  const below = Math.floor(position);
  return sorted[below] + (position - below) * ((sorted[below + 1] ?? sorted[below]) - sorted[below]);
}

/** Share of all gradient entries, of kernels and biases, that are exactly 0. */
function zeroGradients({ layers, x, targets, loss }: TestedNetwork): number {
  const { layers: parts } = gradients(layers, x, targets, loss);
  return share(parts.flatMap(({ kernel, bias }) => [...kernel.flat(), ...bias]).map((value) => value === 0));
}

/** Fewer than 60 % of the labels right; in a regression, less than half of the targets' variance explained. */
function isPoor({ layers, x, targets, loss }: TestedNetwork): boolean {
  const outputs = forward(layers, x).at(-1)!.a;
  const isSingle = outputs[0].length === 1;
  if (loss === "crossEntropy" || loss === "binaryCrossEntropy") {
    // softmax over one unit is always 1
    const isLikely = (value: number) => (loss === "crossEntropy" ? true : value > 0);
    const predicted = outputs.map((row) => (isSingle ? Number(isLikely(row[0])) : row.indexOf(Math.max(...row))));
    return share(predicted.map((label, row) => label === targets[row])) < 0.6;
  }
  const wanted = targets.map((target) => (typeof target === "number" ? [target] : target));
  const errors = mean(outputs.flatMap((row, r) => row.map((value, c) => (value - wanted[r][c]) ** 2)));
  const centres = columnsOf(wanted).map(mean);
  return errors > 0.5 * mean(wanted.flatMap((row) => row.map((value, c) => (value - centres[c]) ** 2)));
}

const DORMANT = 0.025;

export const RULES: readonly Rule[] = [
  {
    tool: "SageMaker Debugger, DeadRelu",
    rule: "a unit active on fewer than 1 % of the inputs; alarm when over half of a layer",
    ...unitRule(
      (activations) => share(activations.map((value) => value > 0)) < 0.01,
      (dead) => dead > 0.5,
    ),
    namesUnit: false,
  },
  {
    tool: "keras-contrib, DeadReluDetector",
    rule: "a unit whose activations sum to 0; warning from a tenth of a layer on",
    ...unitRule(
      (activations) => activations.reduce((total, value) => total + value, 0) === 0,
      (dead) => dead >= 0.1,
    ),
    namesUnit: false,
  },
  {
    tool: "AutoTrainer",
    rule: "70 % of all gradient entries exactly 0, and poor accuracy",
    alarm: { raises: (tested) => zeroGradients(tested) >= 0.7 && isPoor(tested), isTrueAt: (dead) => dead >= 0.7 },
    namesUnit: false,
  },
  {
    tool: "DeepDiagnosis",
    rule: "70 % of a layer's outputs not above 0",
    alarm: {
      raises: ({ layers, x }) =>
        forward(layers, x)
          .slice(0, -1)
          .some(
            ({ a }, layer) =>
              layers[layer].activation.name === "relu" && share(a.flat().map((value) => value <= 0)) >= 0.7,
          ),
      isTrueAt: (dead) => dead >= 0.7,
    },
    namesUnit: false,
  },
  {
    tool: "TheDeepChecker",
    rule: "a unit whose 95th percentile is under 1e-5; alarm when over half of a layer",
    ...unitRule(
      (activations) => percentile95(activations) < 1e-5,
      (dead) => dead > 0.5,
    ),
    namesUnit: false,
  },
  {
    tool: "ReDo (Dopamine)",
    rule: "mean activation not above 0.025 of the layer's mean: dormant, and reset",
    units: ({ layers, x }) =>
      forward(layers, x)
        .slice(0, -1)
        .map(({ a }, layer) => {
          if (layers[layer].activation.name !== "relu") return undefined;
          const sizes = columnsOf(a).map((values) => mean(values.map(Math.abs)));
          return sizes.map((size) => size / (mean(sizes) + 1e-9) <= DORMANT);
        }),
    namesUnit: true,
  },
];
