// What pages call layers: by their indices, as in the API, and by the names that other programs gave.
import type { ShownLayer } from "../shown.js";

/** Of a longer name the end is shown, which tells it from others. */
const LONGEST_NAME = 48;

/** `layer 2`, `layer 2 (encoder.fc1)` */
export function layerName({ layer, name }: Pick<ShownLayer, "layer" | "name">): string {
  if (name === undefined) return `layer ${layer}`;
  return `layer ${layer} (${name.length <= LONGEST_NAME ? name : `…${name.slice(1 - LONGEST_NAME)}`})`;
}

/** With a capital, for headings. */
export function layerHeading(layer: Pick<ShownLayer, "layer" | "name">): string {
  return `L${layerName(layer).slice(1)}`;
}
