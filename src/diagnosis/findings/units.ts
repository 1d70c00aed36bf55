// What units show together: closed together, never differing, cut off above, a network that says the same to all; and sparsity that is healthy.
import { isRectifier } from "../../activations/activations.js";
import { closedLayer, closedUnits, type Evidence, isConstant, samplesDiffer } from "./evidence.js";
import { findTwins, weightsOf } from "./identical-units.js";
import { count, either, figure, listOf, percent } from "./words.js";
import type { Finding } from "../types.js";

/** Mean activity below which units count as sparse; at a symmetric start it is a half. Over 90 % of zeros is healthy (ReLU Strikes Back, Mirzadeh et al. 2023). */
const SPARSE_BELOW = 0.3;
/** ... but a mean activity of less than one sample in a hundred is no longer called healthy, */
const SPARSE_FROM = 0.01;
/** nor is a layer with a larger share of dead units, */
const FEW_DEAD = 0.05;
/** or layers most of whose units are rare or dormant. */
const FEW_RARE = 0.5;
/** Fewer samples don't tell sparse from dead. */
const SPARSE_SAMPLES = 50;

function findZeroOutgoing(evidence: Evidence): Finding[] {
  return evidence.hidden.flatMap(({ layer, units }): Finding[] => {
    const { outgoing } = weightsOf(evidence, layer);
    const cut = units.filter(({ unit }) => outgoing(unit).every((weight) => weight === 0));
    if (cut.length === 0) return [];
    const dead = cut.filter(({ state }) => state === "dead").length;
    return [
      {
        kind: "zeroOutgoingWeights",
        message: `${count(cut.length, "unit")} of ${units.length} in layer ${layer} ${either(cut.length, "has", "have")} outgoing weights that are all 0${dead === 0 ? "" : ` (${dead} ${either(dead, "is", "are")} dead as well)`}: no signal passes on, and no gradient comes back to ${either(cut.length, "its", "their")} own weights until an outgoing weight has moved: ${listOf(cut.map(({ unit }) => unit))}.`,
        advice:
          dead === cut.length
            ? "Prune them: dead and without outgoing weights, they change no output."
            : "Train on if they were just recycled or start so on purpose (a unit that fires moves its own outgoing weights); else reinitialize or prune them.",
        layer,
      },
    ];
  });
}

function findSilentTogether(evidence: Evidence): Finding[] {
  return evidence.hidden.flatMap(({ layer, units }): Finding[] => {
    const closed = closedUnits(evidence, layer);
    if (closed.length < 2) return [];
    return [
      {
        kind: "silentTogether",
        message: `${closed.length} of ${units.length} units in layer ${layer} are 0 together on all ${evidence.x.rows} samples: ${listOf(closed)}.`,
        advice:
          "See what shuts them (mechanism) and whether it is for good (permanent), unit by unit, in the diagnosis.",
        layer,
      },
    ];
  });
}

function findCutOff(evidence: Evidence): Finding[] {
  const layer = closedLayer(evidence);
  if (layer < 1) return [];
  const below = layer === 1 ? "layer 0 gets" : `layers 0 to ${layer - 1} get`;
  return [
    {
      kind: "noGradientFromAbove",
      message:
        `${below} no gradient: above, ${either(evidence.totals[layer].length, "the only unit", `all ${evidence.totals[layer].length} units`)} of layer ${layer} ${either(evidence.totals[layer].length, "is", "are")} closed on all ${evidence.x.rows} samples.`.replace(
          /^l/,
          "L",
        ),
      advice: `Open layer ${layer} first (a higher bias there, or leakyRelu): until then no gradient gets below it.`,
      layer: layer - 1,
    },
  ];
}

function findCollapsed(evidence: Evidence): Finding[] {
  const { state, x, totals } = evidence;
  const last = totals.length - 1;
  const closedOutputs = closedUnits(evidence, last);
  if (
    !samplesDiffer(evidence) ||
    !totals[last].every((unit, index) => isConstant(unit) || closedOutputs.includes(index))
  )
    return [];
  const closed = closedLayer(evidence);
  const isCut =
    closed < 0 &&
    state
      .floats(state.parameters + state.layout.layers[last].kernel, state.inputsOf(last) * totals[last].length)
      .every((weight) => weight === 0);
  const cause =
    closed >= 0
      ? `, since layer ${closed} is closed as a whole`
      : isCut
        ? ", since the last layer's kernel is all 0"
        : "";
  return [
    {
      kind: "collapsedOutput",
      message: `The network yields the same output on all ${x.rows} samples${cause}${totals[last].length === 1 && closed !== last ? ` (last preactivation ${figure(totals[last][0].mean)})` : ""}.`,
      advice:
        closed >= 0
          ? `Open layer ${closed} (a higher bias, or start anew with another seed, a wider layer or leakyRelu): until then the network is a constant.`
          : isCut
            ? "Nothing to do if it starts so on purpose: the first update moves the kernel."
            : "Look at the layers for units that are saturated or constant or have outgoing weights of 0, and start anew with other weights.",
      ...(closed >= 0 && { layer: closed }),
    },
  ];
}

function findClosedOutputs(evidence: Evidence): Finding[] {
  const layer = evidence.totals.length - 1;
  const closed = closedUnits(evidence, layer);
  if (closed.length === 0) return [];
  const { name } = evidence.state.spec.layers[layer].activation;
  return [
    {
      kind: "deadOutputUnits",
      message:
        `${closed.length} of ${count(evidence.totals[layer].length, "output unit")} (${name}) ${either(closed.length, "is", "are")} closed on all ` +
        `${evidence.x.rows} samples, 0 whatever the input and without a gradient: ${listOf(closed)}.`,
      advice: "Make the last layer linear (the default), or softplus where outputs must be positive.",
      layer,
    },
  ];
}

function findSparsity(evidence: Evidence): Finding[] {
  const { hidden, x, history } = evidence;
  const layers = hidden.filter(({ activation }) => isRectifier(activation));
  if (layers.length === 0 || x.rows < SPARSE_SAMPLES || history?.stopped === "diverged" || !samplesDiffer(evidence))
    return [];
  if (layers.some(({ dead, units }) => dead > FEW_DEAD * units.length)) return [];
  const units = layers.flatMap((layer) => layer.units);
  const activity = units.reduce((sum, unit) => sum + unit.activity, 0) / units.length;
  if (activity >= SPARSE_BELOW || activity < SPARSE_FROM) return [];
  const faint = units.filter(({ state }) => state === "rare" || state === "dormant").length;
  if (faint > FEW_RARE * units.length) return [];
  const dead = units.filter(({ state }) => state === "dead").length;
  return [
    {
      kind: "healthySparsity",
      message: `A relu unit fires on ${percent(activity)} of the samples on average, and ${dead === 0 ? "none" : dead} of ${units.length} ${either(dead, "is", "are")} dead: they are sparse, not dying.`,
      advice: "Nothing to do: sparse activity is healthy, and closed units cost no time.",
    },
  ];
}

export function findUnits(evidence: Evidence): Finding[] {
  const whole = [...findCollapsed(evidence), ...findCutOff(evidence), ...findZeroOutgoing(evidence)];
  if (evidence.x.rows < 2) return whole; // one sample opens half of all units, and closes the others
  return [
    ...whole,
    ...findClosedOutputs(evidence),
    ...findSilentTogether(evidence),
    ...findTwins(evidence),
    ...findSparsity(evidence),
  ];
}
