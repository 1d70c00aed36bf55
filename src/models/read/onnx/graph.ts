// An ONNX graph, node by node, as one chain of dense layers. A node that no chain has is refused when an output needs
// it; what leads to class numbers alone is left out.
import { describe } from "../../../core/checks.js";
import { RelumineError } from "../../../core/errors.js";
import { Budget, LEAST_BUDGET } from "../../chain/budget.js";
import { chainOf, type ReadChain } from "../../chain/head.js";
import { refuse } from "../../chain/refuse.js";
import { type BranchName, type ModelChange, TrainingParts } from "../../chain/training-parts.js";
import { identity, isSame } from "../../chain/value.js";
import { evaluateConstants, readConstant } from "./constants.js";
import { ELEMENTWISE, type Operator } from "./elementwise.js";
import { isPieceOfNorm, normalizeByPieces } from "./layer-norm.js";
import { rowOperators } from "./layers.js";
import {
  type Graph,
  type GraphInput,
  integerOf,
  isFloatType,
  isHalf,
  MOST_BRANCHES,
  type Node,
  type OnnxModel,
  readOnnxModel,
  type Tensor,
  typeName,
} from "./model.js";
import type { ReadFile, Said } from "../said.js";
import { nodePath, ONE_BRANCH, refuseNode } from "./refused.js";
import {
  type ChainValue,
  type ConstantValue,
  InputsFound,
  isConstant,
  areEqual,
  unitsOf,
  type Value,
} from "./values.js";

const OPSETS = { low: 7, high: 30 };
/** Operators that take integers; any other would round, or look something up. */
const OF_INTEGERS = ["Cast", "Identity", "Shape", "Flatten", "Reshape", "Unsqueeze", "Squeeze", "ai.onnx.ml.Scaler"];
/** Operators that take a softmax's output. */
const OF_HEADS = ["Identity", "Cast", "ArgMax", "ai.onnx.ml.ZipMap"];
/** Operators with graphs of their own, which are not looked into; an If's are. */
const LOOPS = ["Loop", "Scan"];
const BUDGET_BY_BYTE = 8;
/** Numbers that go through the hands for each that an operator makes. */
const WORK = 2;
/** The error of a half, 2^-11, in a few layers. */
const ROUNDED =
  "It rounds values to halves (float16 or bfloat16) between its layers; the network has float32 there, and its " +
  "outputs may differ by some thousandths.";

const LABELS: Value = { kind: "labels" };

const constantOf = (tensor: Tensor | "texts"): Value => (tensor === "texts" ? LABELS : { kind: "constant", tensor });

function graphInput({ inputs, isInitializer }: OnnxModel): GraphInput {
  const real = inputs.filter(({ name }) => !isInitializer(name));
  if (real.length === 1) return real[0];
  const names = real
    .slice(0, 8)
    .map(({ name }) => describe(name))
    .join(", ");
  const hint = "Weights that the file does not hold are inputs too: export them with it";
  throw refuse("the model's input", real.length === 0 ? "none" : `${real.length} inputs, ${names}`, hint);
}

function inputValue({ name, type, shape }: GraphInput, inputs: number | undefined): ChainValue {
  if (typeName(type) === "string" || type === 0)
    throw refuse("the model's input", `${describe(name)}, no array of numbers`);
  const [rows, ...rest] = shape ?? [undefined, undefined];
  if (shape !== undefined && shape.length < 2)
    throw refuse(
      "the model's input",
      `${describe(name)} (${typeName(type)}) of ${shape.length} axes, where rows of numbers are wanted`,
    );
  const sizes = rest.map((size) => size ?? (rest.length === 1 ? (inputs ?? NaN) : NaN));
  if (sizes.length > 1 && sizes.some(Number.isNaN))
    throw refuse("the model's input", `${describe(name)}, whose size is left open`);
  const full = [rows ?? NaN, ...sizes];
  return {
    kind: "chain",
    value: identity({ kind: "input", units: unitsOf(full) }),
    shape: full,
    isInteger: !isFloatType(type),
  };
}

/** A chain, and the names of its input and its output: see ReadFile. */
type ReadGraph = ReadChain & Pick<ReadFile, "ends">;

class Reader {
  readonly #values = new Map<string, Value>();
  readonly #input: string;
  readonly #operators: ReadonlyMap<string, Operator>;
  readonly #budget: Budget;
  readonly #parts: TrainingParts;
  /** Values of the chain were cast to halves, or are such from the input on. */
  #isRounded = false;
  readonly #branchSaid: BranchName | undefined;
  /** In how many branches the node is that is read. */
  #depth = 0;

  constructor(
    readonly model: OnnxModel,
    inputs: number | undefined,
    bytes: number,
    { keep, branch }: Pick<Said, "keep" | "branch">,
  ) {
    this.#branchSaid = branch;
    this.#parts = new TrainingParts(keep);
    this.#budget = new Budget(LEAST_BUDGET + BUDGET_BY_BYTE * bytes);
    this.#operators = new Map([...ELEMENTWISE, ...rowOperators(this.#budget, this.#parts)]);
    const input = graphInput(model);
    this.#input = input.name;
    this.#isRounded = isHalf(input.type);
    this.#values.set(input.name, inputValue(input, inputs));
    for (const node of model.nodes) this.#read(node);
  }

  value(name: string, what: string): Value {
    const known = this.#values.get(name);
    if (known) return known;
    const tensor = this.model.initializer(name);
    if (tensor === undefined)
      throw new RelumineError(
        "format",
        what,
        "to be computed before it is used",
        `${describe(name)}, which is nowhere`,
      );
    const value = constantOf(tensor);
    this.#values.set(name, value);
    return value;
  }

  /** @param names is told the names that it gives */
  #read(node: Node, names: string[] = []): void {
    const values = this.#evaluate(node);
    node.outputs.forEach((name, index) => {
      if (name === "") return;
      this.#name(node, name, values[index] ?? { kind: "refused", error: refuseNode(node, "a second output") });
      names.push(name);
    });
  }

  #name(node: Node, name: string, value: Value): void {
    if (this.#values.has(name) || this.model.isInitializer(name))
      throw new RelumineError("format", nodePath(node), "to name its outputs by new names", describe(name));
    this.#values.set(name, value);
  }

  /** One value an output, as far as there are such; of what is refused, one for all. */
  #evaluate(node: Node): readonly Value[] {
    try {
      const inputs = node.inputs.map((name) =>
        name === "" ? undefined : this.value(name, `the input of ${nodePath(node)}`),
      );
      if (node.op === "If" && !this.model.functions.has("If")) return this.#choose(node, inputs[0]);
      return [inputs.find((input) => input?.kind === "refused") ?? this.#apply(node, inputs)];
    } catch (error) {
      if (!(error instanceof RelumineError && error.code === "unsupported")) throw error;
      return node.outputs.map(() => ({ kind: "refused", error }));
    }
  }

  /**
   * The branch that a constant chooses, either of two that are the same, or else the one that the caller said, as if it
   * stood in the If's place.
   */
  #choose(node: Node, condition: Value | undefined): readonly Value[] {
    if (this.#depth === MOST_BRANCHES) throw refuseNode(node, `a branch in ${MOST_BRANCHES} others`);
    const chosen = isConstant(condition) ? this.#truth(node, condition) : undefined;
    if (chosen !== undefined) return this.#branch(node, chosen ? "then" : "else");
    const [count, isRounded] = [this.#parts.count, this.#isRounded];
    const forget = (): void => {
      this.#parts.forget(count);
      this.#isRounded = isRounded;
    };
    const [wanted, unwanted]: BranchName[] = this.#branchSaid === "else" ? ["else", "then"] : ["then", "else"];
    const others = this.#branch(node, unwanted);
    const isChosen = this.#parts.hasTaken(count);
    forget();
    const values = this.#branch(node, wanted);
    // what is the same only as an If within it was read by one branch is not
    if (!isChosen && !this.#parts.hasTaken(count) && areEqual(values, others)) return values;
    if (this.#branchSaid !== undefined) {
      this.#parts.branch(node.name || node.outputs[0], wanted);
      return values;
    }
    forget();
    const isReadable = (each: readonly Value[]) => each.every(({ kind }) => kind !== "refused");
    const alone = [...(isReadable(values) ? [wanted] : []), ...(isReadable(others) ? [unwanted] : [])];
    throw refuseNode(node, undefined, alone.length === 0 ? "" : `${ONE_BRANCH}, or read it alone: ${optionsOf(alone)}`);
  }

  /** Of what is no truth value, undefined. */
  #truth(node: Node, { tensor: { data, isFloat } }: ConstantValue): boolean | undefined {
    if (data.length !== 1) throw refuseNode(node, `a condition of ${data.length} values`);
    return !isFloat && (data[0] === 0 || data[0] === 1) ? data[0] === 1 : undefined;
  }

  /** The outputs of a branch, which sees the values around it; its own names end with it. */
  #branch(node: Node, branch: BranchName): readonly Value[] {
    const which = `${branch}_branch`;
    const graph = node.attributes.get(which)?.graph();
    if (graph === undefined || graph.outputs.length < node.outputs.length)
      throw new RelumineError("format", nodePath(node), `to have a ${which} of all its outputs`, "none, or fewer");
    const names: string[] = [];
    this.#depth++;
    try {
      this.#inline(node, graph, names);
      return graph.outputs.map((name) => this.value(name, `the output of a branch of ${nodePath(node)}`));
    } finally {
      this.#depth--;
      for (const name of names) this.#values.delete(name);
    }
  }

  #inline(node: Node, graph: Graph, names: string[]): void {
    for (const each of graph.initializers) {
      this.#name(node, each, constantOf(graph.initializer(each)!));
      names.push(each);
    }
    for (const each of graph.nodes) this.#read(each, names);
  }

  #apply(node: Node, inputs: readonly (Value | undefined)[]): Value {
    if (this.model.functions.has(node.op))
      throw refuse(
        nodePath(node),
        `the local function ${describe(node.op)}`,
        "Export with its functions inlined: their layers are not looked for",
      );
    if (node.op === "Constant") {
      const tensor = readConstant(node);
      if (tensor === undefined) throw refuseNode(node);
      return constantOf(tensor);
    }
    if (LOOPS.includes(node.op)) throw refuseNode(node); // whatever goes into them
    if (inputs.some((input) => input?.kind === "labels")) return this.#labels(node, inputs);
    if (inputs.every((input) => input === undefined || isConstant(input))) {
      const tensor = evaluateConstants(
        node,
        inputs.map((input) => (isConstant(input) ? input.tensor : undefined)),
      );
      if (tensor === undefined) throw refuseNode(node);
      const isGiven = inputs.some((input) => isConstant(input) && input.tensor.data === tensor.data);
      if (!isGiven) this.#budget.spend(tensor.data.length);
      return { kind: "constant", tensor };
    }
    return this.#operate(node, inputs);
  }

  #labels(node: Node, inputs: readonly (Value | undefined)[]): Value {
    if (inputs.every((input) => input === undefined || input.kind === "labels" || isConstant(input))) return LABELS;
    throw refuseNode(node, "class numbers and values");
  }

  #operate(node: Node, inputs: readonly (Value | undefined)[]): Value {
    for (const input of inputs) {
      if (input?.kind !== "chain") continue;
      if (input.isInteger && !OF_INTEGERS.includes(node.op))
        throw refuseNode(
          node,
          "integers, as the model's input is (int64 or the like)",
          "A model that looks its inputs up is no chain of dense layers",
        );
      if (input.head && !OF_HEADS.includes(node.op))
        throw refuseNode(node, `what a ${input.head} gives: it has to be the last`);
    }
    const operator = isPieceOfNorm(node, inputs) ? normalizeByPieces : this.#operators.get(node.op);
    if (operator === undefined) throw refuseNode(node);
    const result = operator(node, inputs, this.model.opset);
    if (result.kind !== "chain") return result;
    this.#budget.spend(WORK * (result.value.a.length + result.value.b.length));
    if (node.op === "Cast" && isHalf(integerOf(node, "to", 0))) this.#isRounded = true;
    return result;
  }

  /** What the outputs are: one chain's end, beside labels. */
  result(): ReadGraph {
    const found: (ChainValue & { readonly output: string })[] = [];
    for (const name of this.model.outputs) {
      const value = this.value(name, "the model's output");
      if (value.kind === "refused") throw value.error;
      if (value.kind === "labels" || value.kind === "condition" || value.kind === "mask") continue;
      if (value.kind === "row") throw refuse("the model's output", `${describe(name)}, a part of a normalization`);
      if (value.kind === "piece") throw refuse("the model's output", `${describe(name)}, a part of an activation`);
      if (value.kind === "constant") throw refuse("the model's output", `${describe(name)}, a constant`);
      const chain = value.kind === "pair" ? value.of : value;
      if (!found.some((each) => isSame(each.value, chain.value) && each.head === chain.head))
        found.push({ ...chain, output: name });
    }
    if (found.length === 1) {
      const { warnings = [], ...chain } = chainOf(found[0].value, found[0].head, this.#parts);
      const ends = { input: this.#input, output: found[0].output };
      const own = [...(this.#isRounded ? [ROUNDED] : []), ...takenNotes(chain.changes)];
      return { ...chain, warnings: [...warnings, ...own], ends };
    }
    if (found.length > 1)
      throw refuse("the model's outputs", `${found.length} different ones: a branch`, "Export a model of one of them");
    throw refuse(
      "the model's outputs",
      "class numbers (int64, as of ArgMax) alone",
      "Export the scores (logits or probabilities) too",
    );
  }
}

/** Of the Ifs of which one branch is read, though their condition hangs on the rows. */
function takenNotes(changes: readonly ModelChange[] = []): string[] {
  const taken = changes.filter(({ part }) => part === "branch");
  if (taken.length === 0) return [];
  const names = taken.slice(0, MOST_NAMED).map(({ name }) => describe(name));
  return [
    `Of the If ${names.join(", ")} the ${taken[0].branch!} branch alone was read: the network predicts what the ` +
      "model does on rows that take it, and on others something else.",
  ];
}

/** As readModel takes them. */
function optionsOf(branches: readonly BranchName[]): string {
  return branches.map((branch) => `{ branch: "${branch}" }`).join(" or ");
}

/** A file of ONNX as a chain. */
export function readOnnx(bytes: Uint8Array, said: Said): ReadGraph & { writer: string } {
  const { files } = said;
  const model = readOnnxModel(bytes, files);
  if (!(model.opset >= OPSETS.low && model.opset <= OPSETS.high))
    throw new RelumineError(
      "unsupported",
      "the model's opset",
      `to be ${OPSETS.low} to ${OPSETS.high}`,
      `${model.opset}`,
    );
  const size = bytes.length + [...files.values()].reduce((sum, { length }) => sum + length, 0);
  try {
    return { writer: model.writer, ...readGraph(model, size, said) };
  } catch (error) {
    throw error instanceof RelumineError && error.code === "unsupported" ? withOperators(error, model) : error;
  }
}

function readGraph(model: OnnxModel, size: number, said: Said): ReadGraph {
  try {
    return new Reader(model, undefined, size, said).result();
  } catch (error) {
    if (!(error instanceof InputsFound)) throw error;
    return new Reader(model, error.inputs, size, said).result();
  }
}

const MOST_NAMED = 24;

/** What is refused at one node may have its cause in another. */
function withOperators({ code, path, expected, given, hint }: RelumineError, { nodes }: OnnxModel): RelumineError {
  const operators = [...new Set(nodes.map(({ op }) => op))]
    .sort()
    .slice(0, MOST_NAMED)
    .map((op) => op.slice(0, 40));
  return new RelumineError(
    code,
    path,
    expected,
    given,
    `${hint}${hint && ". "}The graph's operators: ${operators.join(", ")}`,
  );
}
