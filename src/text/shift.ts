// What is added last to all that goes into an activation, by its name: beta where a layer is normalized, else the bias.

/** Of some layers, all of which are meant. */
export function shiftName(layers: readonly { readonly normalized?: unknown }[]): string {
  const normalized = layers.filter((layer) => layer.normalized !== undefined).length;
  if (normalized === 0) return "bias";
  return normalized === layers.length ? "beta" : "bias or beta";
}
