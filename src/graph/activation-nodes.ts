// The activations of a graph: nodes that are one, and those that are one in pieces. Pieces are told by what they
// compute: a run of elementwise operators with constants is followed at some points, and what comes out is compared
// with the curves of known activations.
import type { JudgedActivation } from "../activations/analysis.js";
import { activateObserved, type ObservedActivation, resolveObserved } from "../activations/observed.js";
import { RelumineError } from "../core/errors.js";
import type { ObservedActivationName } from "../activations/activations.js";
import { floatOf, type Node } from "../models/read/onnx/model.js";
import type { Graph } from "./graph.js";

/** A place in a graph where a value goes through an activation. */
export interface ActivationNode {
  /** The node's name, or that of its output. */
  readonly name: string;
  readonly activation: JudgedActivation;
  /** Why it cannot be judged, where it cannot. */
  readonly refusal?: string;
  /** It closes above a number as well, which is not looked at. */
  readonly high?: number;
  /** The names of what goes in and what comes out. */
  readonly z: string;
  readonly output: string;
}

/** Found where they are asked for alone: gates are many, and what closes them is seldom a fault. */
export const ASKED_ONLY: readonly ObservedActivationName[] = ["sigmoid", "tanh", "softsign", "hardTanh", "logSigmoid"];

const same = (name: ObservedActivationName) => (): JudgedActivation => ({ name });
const withAlpha =
  (name: ObservedActivationName, otherwise: number) =>
  (node: Node): JudgedActivation => ({ name, alpha: floatOf(node, "alpha", otherwise) });

/** An activation of a node, and what is unlike it there. */
type Recognized = JudgedActivation & Pick<ActivationNode, "refusal" | "high">;

function hardSigmoid(node: Node): Recognized {
  const own = { name: "hardSigmoid", alpha: floatOf(node, "alpha", 0.2) } as const;
  return floatOf(node, "beta", 0.5) === 0.5 ? own : { ...own, refusal: "a middle that is not at 0" };
}

/** Why an activation is not judged; undefined where it is. */
function refusalOf({ name, alpha, refusal }: Recognized): string | undefined {
  if (refusal !== undefined) return refusal;
  try {
    resolveObserved("activation", { name, ...(alpha !== undefined && { alpha }) } as ObservedActivation);
    return undefined;
  } catch (error) {
    if (error instanceof RelumineError) return "an alpha that is not judged";
    throw error;
  }
}

function gelu(node: Node): JudgedActivation {
  return { name: node.attributes.get("approximate")?.text() === "tanh" ? "geluTanh" : "gelu" };
}

/** A number, where an input is a constant of one. */
function scalarOf(graph: Graph, name: string | undefined): number | undefined {
  if (name === undefined || name === "" || !graph.isConstant(name)) return undefined;
  const tensor = graph.constant(name);
  return tensor?.data.length === 1 ? tensor.data[0] : undefined;
}

interface Limits {
  readonly low: number;
  readonly high: number;
}

/** Of Clip: attributes, since opset 11 inputs; undefined where they are no constants. */
function limitsOf(node: Node, graph: Graph): Limits | undefined {
  const [low, high] = (["min", "max"] as const).map((name, index) => {
    const input = node.inputs[index + 1];
    if (input) return scalarOf(graph, input);
    const attribute = node.attributes.get(name)?.float();
    return attribute ?? (name === "min" ? -Infinity : Infinity);
  });
  return low === undefined || high === undefined ? undefined : { low, high };
}

function clip(node: Node, graph: Graph): Recognized | undefined {
  const limits = limitsOf(node, graph);
  if (limits?.low === 0 && limits.high === 6) return { name: "relu6" };
  if (limits?.low === 0 && limits.high > 0)
    return { name: "relu", ...(Number.isFinite(limits.high) && { high: limits.high }) };
  return limits?.low === -1 && limits.high === 1 ? { name: "hardTanh" } : undefined;
}

/** The larger of a value and 0. */
function max(node: Node, graph: Graph): JudgedActivation | undefined {
  return node.inputs.length === 2 && node.inputs.some((name) => scalarOf(graph, name) === 0)
    ? { name: "relu" }
    : undefined;
}

function swish(node: Node): JudgedActivation | undefined {
  const alpha = floatOf(node, "alpha", 1);
  if (alpha === 1) return { name: "silu" };
  return Math.abs(alpha - 1.702) < 1e-5 ? { name: "quickGelu" } : undefined;
}

type Recognize = (node: Node, graph: Graph) => Recognized | undefined;

const BY_OPERATOR: ReadonlyMap<string, Recognize> = new Map<string, Recognize>([
  ["Relu", same("relu")],
  ["LeakyRelu", withAlpha("leakyRelu", 0.01)],
  ["PRelu", same("prelu")],
  ["Elu", withAlpha("elu", 1)],
  ["Selu", same("selu")],
  ["Celu", withAlpha("celu", 1)],
  ["Gelu", gelu],
  ["com.microsoft.Gelu", same("gelu")],
  ["HardSwish", same("hardSwish")],
  ["HardSigmoid", hardSigmoid],
  ["Softplus", same("softplus")],
  ["Mish", same("mish")],
  ["Swish", swish],
  ["ThresholdedRelu", withAlpha("thresholdedRelu", 1)],
  ["Clip", clip],
  ["Max", max],
  ["Sigmoid", same("sigmoid")],
  ["Tanh", same("tanh")],
  ["Softsign", same("softsign")],
]);
/** Of these a larger activation may be made. */
const PIECES = ["Sigmoid", "Tanh", "HardSigmoid", "Clip", "Softplus", "Max"];
/** What pieces make up. */
const COMPOSED: readonly ObservedActivationName[] = [
  "relu6",
  "relu",
  "gelu",
  "geluTanh",
  "silu",
  "hardSwish",
  "mish",
  "quickGelu",
];

/** Where curves are compared. */
const POINTS = Float64Array.from({ length: 96 }, (_, i) => (i - 47.5) * 0.21);
/** Half precision in constants leaves less than this; the nearest curve is taken, and gelu's two are 5e-4 apart. */
const TOLERANCE = 3e-3;

const SURELY = 1e-5;
/** Straight lines of a variable that may be what goes into an activation. */
const MOST_LINES = 4;

/** What a value is at the points of the variable that it was made from. */
interface Curve {
  readonly variable: string;
  readonly values: Float64Array;
  /** The nodes on the way that bend it. */
  readonly bends: readonly Node[];
}

/** By gelu(x) = x (1 + erf(x / sqrt 2)) / 2. */
const erf = (x: number) => (x === 0 ? 0 : (2 * activateObserved("gelu", x * Math.SQRT2, 0)) / (x * Math.SQRT2) - 1);

const UNARY: ReadonlyMap<string, (x: number) => number> = new Map<string, (x: number) => number>([
  ["Identity", (x) => x],
  ["Cast", (x) => x],
  ["Dropout", (x) => x],
  ["Neg", (x) => -x],
  ["Erf", erf],
  ["Exp", Math.exp],
  ["Log", Math.log],
  ["Sqrt", Math.sqrt],
  ["Reciprocal", (x) => 1 / x],
  ["Sigmoid", (x) => activateObserved("sigmoid", x, 0)],
  ["Tanh", Math.tanh],
  ["Softplus", (x) => activateObserved("softplus", x, 0)],
  ["Relu", (x) => Math.max(x, 0)],
]);
const BINARY: ReadonlyMap<string, (x: number, y: number) => number> = new Map<string, (x: number, y: number) => number>(
  [
    ["Add", (x, y) => x + y],
    ["Sub", (x, y) => x - y],
    ["Mul", (x, y) => x * y],
    ["Div", (x, y) => x / y],
    ["Pow", (x, y) => x ** y],
    ["Max", Math.max],
    ["Min", Math.min],
  ],
);
const STRAIGHT = new Set(["Identity", "Cast", "Dropout", "Neg"]);
/** Runs are followed over so many nodes that bend. */
const MOST_BENDS = 8;

/** Whether a curve is a straight line that rises. */
function isLine({ values, bends }: Curve): boolean {
  if (bends.length === 0) return true;
  const slope = values[1] - values[0];
  return (
    slope > 0 && values.every((value, i) => Math.abs(value - values[0] - i * slope) < 1e-6 * (1 + Math.abs(value)))
  );
}

/** How far a curve is from an activation of another, but for a factor above 0. */
function distance(curve: Float64Array, z: Float64Array, name: ObservedActivationName): number {
  const wanted = z.map((each) => activateObserved(name, each, 0));
  const most = wanted.reduce((best, value, i) => (Math.abs(value) > Math.abs(wanted[best]) ? i : best), 0);
  const factor = curve[most] / wanted[most];
  if (!(factor > 0) || !Number.isFinite(factor)) return Infinity;
  const differences = wanted.map((value, i) => Math.abs(curve[i] / factor - value) / Math.max(1, Math.abs(value)));
  return differences.some(Number.isNaN) ? Infinity : Math.max(...differences);
}

class Curves {
  readonly #curves = new Map<string, Curve>();
  /** By variable, the values that are straight lines of it. */
  readonly #lines = new Map<string, string[]>();

  constructor(readonly graph: Graph) {}

  of(name: string): Curve {
    return this.#curves.get(name) ?? { variable: name, values: POINTS, bends: [] };
  }

  /** What a node makes of curves, and of constants. */
  follow(node: Node): Curve | undefined {
    const curve = this.#compute(node);
    if (curve === undefined || curve.bends.length > MOST_BENDS) return undefined;
    this.#curves.set(node.outputs[0], curve);
    if (isLine(curve)) this.#linesOf(curve.variable).push(node.outputs[0]);
    return curve;
  }

  #linesOf(variable: string): string[] {
    const lines = this.#lines.get(variable) ?? [variable];
    this.#lines.set(variable, lines);
    return lines;
  }

  /** A value begins anew, as a variable of its own. */
  begin(name: string): void {
    this.#curves.delete(name);
  }

  /** The activation that a curve is, and of which value. */
  recognize(curve: Curve): { readonly name: ObservedActivationName; readonly z: string } | undefined {
    let best = { distance: TOLERANCE, name: undefined as ObservedActivationName | undefined, z: "" };
    for (const z of this.#linesOf(curve.variable).slice(0, MOST_LINES)) {
      for (const name of COMPOSED) {
        const found = distance(curve.values, this.of(z).values, name);
        if (found < best.distance) best = { distance: found, name, z };
      }
      if (best.distance < SURELY) break; // also z·sigmoid(1.702 z) is a silu, of 1.702 z
    }
    return best.name && { name: best.name, z: best.z };
  }

  #compute(node: Node): Curve | undefined {
    const { op, inputs } = node;
    const unary = this.#unary(node);
    if (unary) {
      const x = this.of(inputs[0]);
      return { ...x, values: x.values.map(unary), bends: STRAIGHT.has(op) ? x.bends : [...x.bends, node] };
    }
    const binary = BINARY.get(op);
    if (!binary || inputs.length !== 2) return undefined;
    const [x, y] = inputs.map((name) => scalarOf(this.graph, name) ?? this.#variable(name));
    if (x === undefined || y === undefined || (typeof x === "number" && typeof y === "number")) return undefined;
    if (typeof x !== "number" && typeof y !== "number" && x.variable !== y.variable) return undefined;
    const at = (each: Curve | number, i: number) => (typeof each === "number" ? each : each.values[i]);
    const bends = [...new Set([x, y].flatMap((each) => (typeof each === "number" ? [] : each.bends)))];
    const isStraight = op !== "Pow" && op !== "Max" && op !== "Min" && (typeof x === "number" || typeof y === "number");
    const { variable } = typeof x === "number" ? (y as Curve) : x;
    return {
      variable,
      values: POINTS.map((_, i) => binary(at(x, i), at(y, i))),
      bends: isStraight ? bends : [...bends, node],
    };
  }

  #variable(name: string): Curve | undefined {
    return this.graph.isConstant(name) ? undefined : this.of(name);
  }

  #unary(node: Node): ((x: number) => number) | undefined {
    if (node.op === "HardSigmoid") {
      const [alpha, beta] = [floatOf(node, "alpha", 0.2), floatOf(node, "beta", 0.5)];
      return (x) => Math.max(0, Math.min(1, alpha * x + beta));
    }
    if (node.op === "LeakyRelu") return (x) => (x > 0 ? x : floatOf(node, "alpha", 0.01) * x);
    if (node.op !== "Clip") return UNARY.get(node.op);
    const limits = limitsOf(node, this.graph);
    return limits && ((x) => Math.min(Math.max(x, limits.low), limits.high));
  }
}

function dataInput({ inputs }: Node, graph: Graph): string | undefined {
  return inputs.find((name) => name !== "" && !graph.isConstant(name));
}

/** The activations of a graph, in the order of its nodes. */
export function findActivations(graph: Graph): ActivationNode[] {
  const curves = new Curves(graph);
  const found = new Map<Node, ActivationNode>();
  for (const node of graph.model.nodes) {
    const z = dataInput(node, graph);
    if (z === undefined || node.outputs.length === 0) continue;
    const direct = BY_OPERATOR.get(node.op)?.(node, graph);
    const curve = curves.follow(node);
    const [output] = node.outputs;
    const composed = curve && !direct && BINARY.has(node.op) ? composedOf(curve, curves, found) : undefined;
    if (composed) {
      const [gate] = curve!.bends;
      for (const piece of curve!.bends) found.delete(piece);
      found.set(node, { name: nameOf(gate), activation: { name: composed.name }, z: composed.z, output });
    } else if (direct) found.set(node, ofNode(node, direct, z));
    if (composed || (direct && !PIECES.includes(node.op))) curves.begin(output);
  }
  return [...found.values()];
}

function ofNode(node: Node, recognized: Recognized, z: string): ActivationNode {
  const { high, refusal: _refusal, ...activation } = recognized;
  const refusal = refusalOf(recognized);
  return {
    name: nameOf(node),
    activation,
    z,
    output: node.outputs[0],
    ...(refusal !== undefined && { refusal }),
    ...(high !== undefined && { high }),
  };
}

/** A larger activation than any of its pieces is. */
function composedOf(curve: Curve, curves: Curves, found: ReadonlyMap<Node, ActivationNode>) {
  if (curve.bends.length === 0) return undefined;
  const composed = curves.recognize(curve);
  const isKnown = curve.bends.some((piece) => {
    const known = found.get(piece);
    return known?.z === composed?.z && known?.activation.name === composed?.name;
  });
  return isKnown ? undefined : composed;
}

function nameOf({ name, outputs }: Node): string {
  return name || outputs[0];
}
