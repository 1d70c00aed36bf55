// What pages call layers: by their indices, as in the API, and by the names that other programs gave.
import type { ShownLayer } from "../shown.js";
import { endOf } from "../../text/printable.js";

const LONGEST_NAME = 48;

/** `layer 2`, `layer 2 (encoder.fc1)` */
export function layerName({ layer, name }: Pick<ShownLayer, "layer" | "name">): string {
  if (name === undefined) return `layer ${layer}`;
  return `layer ${layer} (${endOf(name, LONGEST_NAME)})`;
}

/** With a capital, for headings. */
export function layerHeading(layer: Pick<ShownLayer, "layer" | "name">): string {
  return `L${layerName(layer).slice(1)}`;
}
