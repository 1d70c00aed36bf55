// A pickled Sequential of PyTorch's own modules: classes and attributes say what a state_dict does not, activations,
// slopes, epsilons. Nothing of it is run: each module is checked to have its class's attributes and no hooks, and what
// it computes is known by its class. Source: torch/nn/modules/.
import { describe } from "../../../core/checks.js";
import { RelumineError } from "../../../core/errors.js";
import { kink, layerNorm, LEAST_THRESHOLD, smooth } from "../../chain/combine.js";
import { chainOf, type Head, type ReadChain } from "../../chain/head.js";
import { refuse } from "../../chain/refuse.js";
import { type Keep, TrainingParts } from "../../chain/training-parts.js";
import { type Affine, checkWeights, identity, scale } from "../../chain/value.js";
import { isSameShape } from "../../../arrays/numbers.js";
import type { NamedTensor } from "../../../arrays/tensor.js";
import { DEFAULT_MOMENTUM } from "../../../network/normalization.js";
import { dense } from "../hidden-value.js";
import { PickledModule, RawTensor, STORE_WEIGHTS } from "./pickle.js";

type Load = (name: string, raw: RawTensor) => NamedTensor;

interface State {
  readonly parts: TrainingParts;
  /** undefined before the first module that says how many inputs there are. */
  readonly value?: Affine;
  readonly head?: Head;
}

const MOST_DEPTH = 20;
/** Applied one after another; a module may stand in several places. */
const MOST_MODULES = 10_000;
/** Of every module: those that hold nothing but what is looked at, and hooks, which must be empty. */
const COMMON = ["training", "_parameters", "_buffers", "_modules", "_non_persistent_buffers_set"];
const HOOKS = /^_(\w+_hooks|forward_hooks_\w+|forward_pre_hooks_\w+|is_full_backward_hook|compiled_call_impl)$/;

const isEmpty = (value: unknown): boolean =>
  value === null || value === false || (value instanceof Map && value.size === 0);

/** A module whose attributes are those of its class. */
class Module {
  readonly #own: ReadonlyMap<unknown, unknown>;

  constructor(
    readonly path: string,
    readonly pickled: PickledModule,
    allowed: readonly string[],
  ) {
    this.#own = pickled.attributes ?? new Map<unknown, unknown>();
    for (const [name, value] of this.#own) {
      const isKnown = typeof name === "string" && (COMMON.includes(name) || allowed.includes(name));
      if (isKnown || (typeof name === "string" && HOOKS.test(name) && isEmpty(value))) continue;
      throw this.refuse(`${describe(name)}, a hook or an attribute of its own`);
    }
  }

  refuse(given: string): RelumineError {
    return refuse(`the model's module ${describe(this.path)} (${this.pickled.className})`, given, STORE_WEIGHTS);
  }

  /** A dictionary of one kind, without what is None. */
  entries(kind: "_parameters" | "_buffers" | "_modules"): Map<string, unknown> {
    const value = this.#own.get(kind);
    if (!(value instanceof Map) || [...value.keys()].some((name) => typeof name !== "string"))
      throw new RelumineError("format", `the module ${describe(this.path)}`, `to have its ${kind}`, "none");
    return new Map([...(value as Map<string, unknown>)].filter(([, each]) => each !== null));
  }

  /** All its tensors, of which each is one of these. */
  tensors(load: Load, names: readonly string[]): Map<string, NamedTensor> {
    const all = [...this.entries("_parameters"), ...this.entries("_buffers")];
    if (this.pickled.className !== "Sequential" && this.entries("_modules").size > 0)
      throw this.refuse("modules within it");
    return new Map(
      all.map(([name, raw]) => {
        if (!names.includes(name) || !(raw instanceof RawTensor)) throw this.refuse(`the tensor ${describe(name)}`);
        const tensor = load(`${this.path}.${name}`, raw);
        checkWeights(`the tensor ${describe(`${this.path}.${name}`)}`, tensor.data);
        return [name, tensor];
      }),
    );
  }

  number(name: string): number {
    const value = this.#own.get(name);
    if (typeof value === "number" && Number.isFinite(value)) return value;
    throw this.refuse(`${name} that is no number`);
  }

  /** A tuple of one number, or that number. */
  isOfSize(name: string, size: number): boolean {
    const given = this.#own.get(name);
    return given === size || (Array.isArray(given) && given.length === 1 && given[0] === size);
  }

  is(name: string, ...values: readonly unknown[]): boolean {
    return values.includes(this.#own.get(name));
  }
}

type Apply = (module: Module, state: State, load: Load) => State;

interface Kind {
  /** Attributes of the class, beside those of every module. */
  readonly attributes: string;
  readonly apply: Apply;
}

function valueOf(module: Module, { value, head }: State): Affine {
  if (head !== undefined) throw module.refuse(`a module behind the ${head}`);
  if (value !== undefined) return value;
  throw module.refuse("an activation before any dense layer");
}

/** The same of a module that says how many inputs there are, where it is the first. */
function valueOrInput(module: Module, state: State, units: number): Affine {
  return state.value === undefined ? identity({ kind: "input", units }) : valueOf(module, state);
}

const activation =
  (f: (value: Affine, module: Module, load: Load) => Affine): Apply =>
  (module, state, load) => ({ ...state, value: f(valueOf(module, state), module, load) });

const linear: Apply = (module, state, load) => {
  const tensors = module.tensors(load, ["weight", "bias"]);
  const [weight, bias] = [tensors.get("weight"), tensors.get("bias")];
  const [units, inputs] = weight?.shape ?? [];
  if (weight?.shape.length !== 2 || units < 1 || inputs < 1 || (bias && !isSameShape(bias.shape, [units])))
    throw module.refuse("weights of another shape");
  const value = valueOrInput(module, state, inputs);
  if (value.term.units !== inputs) throw module.refuse(`${inputs} inputs behind ${value.term.units} numbers`);
  return { ...state, value: dense(value, { units, inputs, weight: weight.data, ...(bias && { bias: bias.data }) }) };
};

const norm: Apply = (module, state, load) => {
  const tensors = module.tensors(load, ["weight", "bias", "running_mean", "running_var", "num_batches_tracked"]);
  const [gamma, beta, mean, variance] = ["weight", "bias", "running_mean", "running_var"].map(
    (name) => tensors.get(name)?.data,
  );
  if (mean === undefined || variance === undefined) throw module.refuse("the batch's own mean and variance");
  const value = valueOrInput(module, state, mean.length);
  const sizes = [gamma, beta, mean, variance].flatMap((each) => (each ? [each.length] : []));
  if (sizes.some((size) => size !== value.term.units)) throw module.refuse("numbers for other units");
  // without a momentum PyTorch takes the mean of all batches
  const isCumulative = module.is("momentum", null, undefined);
  const momentum = isCumulative ? DEFAULT_MOMENTUM : module.number("momentum");
  const [numbers, constants] = [
    { gamma, beta, mean, variance },
    { epsilon: module.number("eps"), momentum, isCumulative },
  ];
  return { ...state, value: state.parts.batchNorm(value, module.path, describe(module.path), numbers, constants) };
};

const layerNormOf: Apply = (module, state, load) => {
  const tensors = module.tensors(load, ["weight", "bias"]);
  const value = valueOf(module, state);
  const { units } = value.term;
  if (!module.isOfSize("normalized_shape", units)) throw module.refuse("another shape than the units of a row");
  const [gamma, beta] = ["weight", "bias"].map((name) => tensors.get(name));
  if ([gamma, beta].some((each) => each && !isSameShape(each.shape, [units])))
    throw module.refuse("numbers for other units");
  const numbers = { ...(gamma && { gamma: gamma.data }), ...(beta && { beta: beta.data }) };
  return { ...state, value: layerNorm(value, { epsilon: module.number("eps"), ...numbers }) };
};

const prelu: Apply = activation((value, module, load) => {
  const slopes = module.tensors(load, ["weight"]).get("weight");
  if (slopes?.shape.length === 1 && [1, value.term.units].includes(slopes.data.length))
    return kink(value, slopes.data, true);
  throw module.refuse("slopes for other units");
});

const gelu: Apply = activation((value, module) => {
  if (module.is("approximate", "none", undefined)) return smooth("gelu", value);
  throw module.refuse("the approximation by tanh, up to 5e-4 from the exact one");
});

const softplus: Apply = activation((value, module) => {
  const [beta, threshold] = [module.number("beta"), module.number("threshold")];
  if (!(beta > 0) || threshold < LEAST_THRESHOLD) throw module.refuse(`a threshold of ${threshold}`);
  return scale(smooth("softplus", scale(value, beta)), 1 / beta);
});

const head =
  (name: Head): Apply =>
  (module, state) => {
    if (module.is("dim", 1, -1)) return { ...state, value: valueOf(module, state), head: name };
    throw module.refuse("another dimension than the units of a row");
  };

const still: Apply = (_module, state) => state;

const dropout: Apply = (module, state) => {
  const { parts, value, head } = state;
  if (value === undefined || head !== undefined) return state;
  return { ...state, value: parts.dropout(value, module.path, module.number("p")) };
};

const noise: Apply = (module, state) => {
  state.parts.noise(module.path);
  return state;
};

const flatten: Apply = (module, state) => {
  if (module.is("start_dim", 1) && module.is("end_dim", -1)) return state;
  throw module.refuse("other dimensions than all of a row's");
};

const KINDS: ReadonlyMap<string, Kind> = new Map<string, Kind>([
  ["Linear", { attributes: "in_features out_features", apply: linear }],
  ["BatchNorm1d", { attributes: "num_features eps momentum affine track_running_stats", apply: norm }],
  ["LayerNorm", { attributes: "normalized_shape eps elementwise_affine", apply: layerNormOf }],
  ["ReLU", { attributes: "inplace", apply: activation((value) => kink(value, 0)) }],
  [
    "LeakyReLU",
    {
      attributes: "negative_slope inplace",
      apply: activation((value, module) => kink(value, module.number("negative_slope"))),
    },
  ],
  ["PReLU", { attributes: "num_parameters init", apply: prelu }],
  [
    "ELU",
    { attributes: "alpha inplace", apply: activation((value, module) => smooth("elu", value, module.number("alpha"))) },
  ],
  ["SELU", { attributes: "inplace", apply: activation((value) => smooth("selu", value)) }],
  ["GELU", { attributes: "approximate", apply: gelu }],
  ["SiLU", { attributes: "inplace", apply: activation((value) => smooth("silu", value)) }],
  ["Softplus", { attributes: "beta threshold", apply: softplus }],
  ["Sigmoid", { attributes: "", apply: activation((value) => smooth("sigmoid", value)) }],
  ["Tanh", { attributes: "", apply: activation((value) => smooth("tanh", value)) }],
  ["Softmax", { attributes: "dim", apply: head("softmax") }],
  ["LogSoftmax", { attributes: "dim", apply: head("logSoftmax") }],
  ["Dropout", { attributes: "p inplace", apply: dropout }],
  ["AlphaDropout", { attributes: "p inplace", apply: noise }],
  ["Identity", { attributes: "", apply: still }],
  ["Flatten", { attributes: "start_dim end_dim", apply: flatten }],
]);

const WITH_TENSORS = ["Linear", "BatchNorm1d", "LayerNorm", "PReLU"];

function applyModule(pickled: unknown, path: string, state: State, load: Load, count: { left: number }): State {
  if (--count.left < 0)
    throw new RelumineError("memory", "the model", `to have at most ${MOST_MODULES} modules`, "more");
  if (!(pickled instanceof PickledModule) || path.split(".").length > MOST_DEPTH)
    throw refuse(`the model's module ${describe(path)}`, "something else", STORE_WEIGHTS);
  if (pickled.className !== "Sequential") {
    const { attributes, apply } = KINDS.get(pickled.className)!;
    const module = new Module(path, pickled, attributes.split(" "));
    if (!WITH_TENSORS.includes(pickled.className)) module.tensors(load, []);
    return apply(module, state, load);
  }
  const module = new Module(path, pickled, []);
  module.tensors(load, []);
  let result = state;
  for (const [name, each] of module.entries("_modules"))
    result = applyModule(each, path === "" ? name : `${path}.${name}`, result, load, count);
  return result;
}

/**
 * A module as a chain.
 * @throws RelumineError "unsupported" for what is none, "format"
 */
export function chainOfModule(pickled: PickledModule, load: Load, keep?: Keep): ReadChain {
  const parts = new TrainingParts(keep);
  const { value, head: last } = applyModule(pickled, "", { parts }, load, { left: MOST_MODULES });
  if (value === undefined) throw refuse("the model", "one without a dense layer");
  return chainOf(value, last, parts);
}
