// The network's layers as a table.
import type { ResolvedActivation } from "../activations/activations.js";
import { describeLayerOptions } from "./layer-options.js";
import { countParameters } from "./state/parameters.js";
import { factsOf } from "./losses.js";
import type { ResolvedSpec } from "./spec.js";
import { alignColumns } from "../text/columns.js";
import { formatCount } from "../text/numbers.js";

function activationText({ name, alpha }: ResolvedActivation): string {
  return alpha === undefined ? name : `${name} ${alpha}`;
}

function initializerText(initializer: ResolvedSpec["layers"][number]["kernelInitializer"]): string {
  return typeof initializer === "string" ? initializer : Object.entries(initializer)[0].join(" ");
}

/** What else is said of a layer. */
function notesOf(layer: ResolvedSpec["layers"][number]): string[] {
  const { useBias, frozen, normalization } = layer;
  return [
    ...(useBias === false ? ["no bias"] : []),
    ...(frozen ? ["frozen"] : []),
    ...(normalization ? [`${normalization.kind} normalization`] : []),
    ...describeLayerOptions(layer),
  ];
}

function lossText(loss: ResolvedSpec["loss"]): string {
  const { name, from, labelSmoothing } = factsOf(loss);
  const smoothing = labelSmoothing === 0 ? "" : ` with label smoothing ${labelSmoothing}`;
  return (from === "logits" ? name : `${name} from ${from}`) + smoothing;
}

export function summarize(spec: ResolvedSpec): string {
  const rows = spec.layers.map((layer, index) => {
    const inputs = index === 0 ? spec.inputs : spec.layers[index - 1].units;
    const parameters = countParameters({ ...spec, inputs, layers: [layer] });
    return [
      String(index),
      `${inputs} x ${layer.units}`,
      activationText(layer.activation),
      [initializerText(layer.kernelInitializer), ...notesOf(layer)].join(", "),
      formatCount(parameters),
    ];
  });
  const lines = alignColumns([["layer", "shape", "activation", "initializer", "parameters"], ...rows], [0, 1, 4]);
  return [
    ...lines,
    `${formatCount(countParameters(spec))} parameters, loss ${lossText(spec.loss)}, seed ${spec.seed}`,
  ].join("\n");
}
