// A treatment of a model of TensorFlow.js: of the network that is made of it, whose weights then go back into the
// model's variables.
import { checkLoss, namingOf, withNames } from "./diagnose.js";
import { checkModel, type LiveChain, type LiveWeight, type LiveWeights, weightOf } from "./live-chain.js";
import { type Slot, slotsOf, startsAtZero } from "./moments.js";
import { type ModelRows, toSamples, toTargets } from "./rows.js";
import type { Layer, Model, Tensor, TensorFlow } from "./tensorflow.js";
import { makeTwin, type ReadTwin, type Twin } from "./to-network.js";
import type { ModelRemedy, ModelTreatment, TreatModelOptions } from "./treat-types.js";
import { unfold, type Write } from "./write-back.js";
import { checkOptions } from "../core/checks.js";
import { RelumineError } from "../core/errors.js";
import type { Samples } from "../core/matrix.js";
import { PACE_OPTIONS } from "../core/pace.js";
import { diagnoseNaming } from "../diagnosis/diagnose.js";
import type { Diagnosis } from "../diagnosis/types.js";
import { type ImportedLayer, stepsOf } from "../models/chain/layers.js";
import { setLayers } from "../models/chain/network.js";
import { TFJS_NAMES } from "../models/write/tfjs.js";
import { WEIGHT_NAMES } from "../network/state/weight-names.js";
import { checkRemedy, type ResolvedRemedy } from "../treatment/remedies/remedy.js";
import { treatNaming } from "../treatment/treat.js";
import { drawTreatment } from "../treatment/treatment-text.js";
import type { TreatedUnit, Treatment } from "../treatment/types.js";

/** A place of a unit's number in one of its variables. */
type Places = ReadonlyMap<LiveWeight, ReadonlySet<number>>;

interface Assignable extends Tensor {
  assign(value: Tensor): void;
}

function assign(tf: TensorFlow, target: Tensor, data: Float32Array): void {
  tf.tidy(() => (target as Assignable).assign(tf.tensor(data, target.shape)));
}

function checkModelRemedy(given: ModelRemedy): ResolvedRemedy {
  const remedy = checkRemedy(given);
  if (remedy.kind === "prune")
    throw new RelumineError(
      "unsupported",
      "remedy.kind",
      "to be one that leaves the model its shapes",
      "prune",
      'Prune the network of toNetwork(model), and write it with writeModel(network, "tfjs") of relumine/models',
    );
  if (remedy.kind === "replaceActivation") nameOf(remedy);
  return remedy;
}

/** Of the new activation, in TensorFlow.js. */
function nameOf({ activation: { name, alpha } }: ResolvedRemedy & { kind: "replaceActivation" }): string {
  if (name === "elu" && alpha === 1) return "elu";
  const own = TFJS_NAMES[name];
  if (own !== undefined) return own;
  throw new RelumineError(
    "unsupported",
    "remedy.activation",
    "to be one that a layer of TensorFlow.js takes by name",
    name,
    "Build the model with a layer of its own for it, and give that the weights: twin.setWeights(model.getWeights())",
  );
}

/** The layers whose activation is replaced, in the model. */
function layersToReplace({ live, chain, network }: Twin): Layer[] {
  return chain.layers.flatMap(({ name, activation }, index) =>
    network.layers[index].activation.name === activation.name ? [] : [live.activationBehind(name!)],
  );
}

/**
 * Where a unit's numbers lie: incoming weights and bias, what its rows are normalized to, and what it gives the next
 * layer.
 */
function* placesOfUnit(live: LiveChain, layers: readonly ImportedLayer[], { layer, unit }: TreatedUnit) {
  const { inputs, units, name = "" } = layers[layer];
  const { units: next, name: above = "" } = layers[layer + 1];
  yield { name, part: "kernel", at: Array.from({ length: inputs }, (_, input) => input * units + unit) };
  yield { name, part: "bias", at: [unit] };
  const { rows = "" } = live.normalizationsBehind(name);
  for (const part of ["gamma", "beta"]) yield { name: rows, part, at: [unit] };
  yield { name: above, part: "kernel", at: Array.from({ length: next }, (_, to) => unit * next + to) };
}

/** Numbers that a treatment drew or set, and all others that were written for it, as a normalization's beta. */
function placesOf(
  { live, weights, chain: { layers } }: ReadTwin,
  treated: readonly TreatedUnit[],
  writes: readonly Write[],
): Places {
  const places = new Map<LiveWeight, Set<number>>();
  const add = (weight: LiveWeight, at: Iterable<number>) => {
    const known = places.get(weight) ?? new Set<number>();
    places.set(weight, known);
    for (const place of at) known.add(place);
  };
  for (const each of treated) {
    if (each.action === "activationReplaced") continue;
    for (const { name, part, at } of placesOfUnit(live, layers, each)) {
      const weight = weightOf(weights, name, part);
      if (weight) add(weight, at);
    }
  }
  for (const { weight, data } of writes) {
    const changed = [...data.keys()].filter((place) => data[place] !== weight.data[place]);
    if (changed.length > 0) add(weight, changed);
  }
  return places;
}

interface Cleared {
  readonly moments: ModelTreatment["moments"];
  readonly writes: readonly { readonly slot: Slot; readonly old: Float32Array; readonly data: Float32Array }[];
}

/** What the optimizer is to forget, before anything is written. */
async function momentsToClear(model: Model, places: Places): Promise<Cleared> {
  const slots = places.size === 0 ? [] : await slotsOf(model);
  if (slots === undefined) return { moments: "kept", writes: [] };
  const writes: Cleared["writes"][number][] = [];
  let isKept = false;
  for (const slot of slots)
    for (const [weight, indices] of places) {
      const isZero = startsAtZero(slot, weight);
      if (isZero === undefined) continue;
      isKept ||= !isZero;
      if (!isZero) continue;
      const old = ((await slot.tensor.data()) as Float32Array).slice();
      writes.push({ slot, old, data: old.map((value, i) => (indices.has(i) ? 0 : value)) });
    }
  if (isKept) return { moments: "kept", writes: [] };
  return { moments: writes.length > 0 ? "cleared" : "none", writes };
}

/** @throws RelumineError "value" where the model is not as it was when its weights were read */
async function checkUnchanged(live: LiveChain, weights: LiveWeights): Promise<void> {
  for (const [name, now] of await live.weights())
    now.forEach(({ part, data }, i) => {
      const before = weights.get(name)![i].data;
      if (data.every((value, at) => value === before[at])) return;
      throw new RelumineError("value", "model", "to stay as it is while it is treated", `another ${part} of ${name}`);
    });
}

const SAYS: Readonly<Record<ModelTreatment["moments"], string>> = {
  cleared: "The optimizer's moments of what was treated are set to 0.",
  kept: "The optimizer's moments of what was treated go on: compile the model anew to start without.",
  none: "",
};

class WrittenTreatment implements ModelTreatment {
  readonly remedy: ResolvedRemedy;
  readonly treated: Treatment["treated"];
  readonly findings: Treatment["findings"];
  readonly besides: Treatment["besides"];
  #back: (() => void) | undefined;

  constructor(
    readonly model: Model,
    treatment: Treatment,
    readonly before: Diagnosis,
    readonly after: Diagnosis,
    readonly outputChange: number,
    readonly moments: ModelTreatment["moments"],
    back: () => void,
  ) {
    const { remedy, treated, findings, besides } = treatment;
    this.remedy = remedy;
    this.treated = treated.map((each) =>
      each.activity === undefined ? each : { ...each, activity: after.layers[each.layer].units[each.unit].activity },
    );
    this.findings = findings;
    this.besides = besides;
    this.#back = back;
  }

  undo(): void {
    this.#back?.();
    this.#back = undefined;
  }

  toString(): string {
    return [drawTreatment(this), SAYS[this.moments]].filter(Boolean).join("\n");
  }
}

/** All that is to be written, known before anything is. */
interface Changes {
  readonly writes: readonly Write[];
  readonly cleared: Cleared;
  readonly replaced: readonly Layer[];
  /** Of the replaced ones. */
  readonly activation: string | undefined;
}

/** A layer's activation is a field of it that its types keep to themselves. */
type Activated = { activation: unknown };

/** Returns what puts everything back. */
function write(tf: TensorFlow, weights: LiveWeights, { writes, cleared, replaced, activation }: Changes): () => void {
  const old = replaced.map((layer) => (layer as unknown as Activated).activation);
  const kept = [...weights.values()].flat().map(({ variable, data }) => ({ variable, data: data.slice() }));
  const made = activation === undefined ? undefined : tf.layers.activation({ activation: activation as "relu" });
  for (const layer of replaced) (layer as unknown as Activated).activation = (made as unknown as Activated).activation;
  for (const { weight, data } of writes) assign(tf, weight.variable.read(), data);
  for (const { slot, data } of cleared.writes) assign(tf, slot.tensor, data);
  return () => {
    replaced.forEach((layer, i) => ((layer as unknown as Activated).activation = old[i]));
    for (const { variable, data } of kept) assign(tf, variable.read(), data);
    for (const { slot, old: data } of cleared.writes) if (!slot.tensor.isDisposed) assign(tf, slot.tensor, data);
  };
}

const isEqual = (x: Float32Array, y: Float32Array): boolean => x.every((value, i) => value === y[i]);

/** What the network does with the weights that the model has now, which rounding may have made others. */
async function measureAgain(
  twin: Twin,
  samples: Samples,
  treatment: Treatment,
  outputs: Float32Array,
): Promise<Pick<ModelTreatment, "after" | "outputChange">> {
  const { live, network } = twin;
  const layers = live.again(twin.chain.layers, await live.weights());
  const isExact = layers.every((layer, i) => {
    const now = network.layers[i].getWeights();
    return WEIGHT_NAMES.every((part) => !now[part] || !layer[part] || isEqual(layer[part], now[part]));
  });
  if (isExact) return treatment;
  setLayers(network, layers);
  const after = diagnoseNaming(network, samples, undefined, namingOf(twin));
  const { data } = network.predict(samples, { logits: true });
  const outputChange = data.reduce((most, value, i) => Math.max(most, Math.abs(value - outputs[i])), 0);
  return { after, outputChange };
}

/** See relumine/tfjs. */
export async function treatModel(
  tf: TensorFlow,
  given: Model,
  x: ModelRows,
  givenRemedy: ModelRemedy,
  options?: TreatModelOptions,
): Promise<ModelTreatment> {
  const remedy = checkModelRemedy(givenRemedy);
  const { targets, loss, ...pace } = checkOptions("treat", options, ["targets", "loss", ...PACE_OPTIONS]);
  checkLoss(checkModel(tf, given), { targets, loss });
  const twin = await makeTwin(tf, given, loss === undefined ? {} : { loss }, x);
  using network = twin.network;
  const { live, chain, weights } = twin;
  const samples = await toSamples("x", x, network.spec.inputs);
  const outputs = network.predict(samples, { logits: true }).data;
  const known = { ...pace, ...(targets !== undefined && { targets: await toTargets("targets", targets) }) };
  const treatment = await treatNaming(network, samples, givenRemedy, known, namingOf(twin));
  const now = network.layers.map((layer, i) => ({ ...chain.layers[i], ...layer.getWeights() }));
  const writes = unfold(live, weights, stepsOf(live.value(weights).value), chain.layers, now);
  const changes: Changes = {
    writes,
    cleared: await momentsToClear(live.model, placesOf(twin, treatment.treated, writes)),
    replaced: layersToReplace(twin),
    activation: remedy.kind === "replaceActivation" ? nameOf(remedy) : undefined,
  };
  await checkUnchanged(live, weights);
  const back = write(tf, weights, changes);
  try {
    const { after, outputChange } = await measureAgain(twin, samples, treatment, outputs);
    const before = withNames(treatment.before, twin);
    const { moments } = changes.cleared;
    return new WrittenTreatment(live.model, treatment, before, withNames(after, twin), outputChange, moments, back);
  } catch (error) {
    back();
    throw error;
  }
}
