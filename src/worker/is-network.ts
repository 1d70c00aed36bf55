// Where a spec or a network may be given, of this thread or in a worker: which of them it is.
import type { NetworkSpec } from "../network/spec.js";

export function isNetwork<N extends { fit: unknown }>(given: NetworkSpec | N): given is N {
  return typeof (given as N | undefined)?.fit === "function";
}
