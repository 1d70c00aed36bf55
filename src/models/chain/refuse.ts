// How a model is refused that is no chain.
import { RelumineError } from "../../core/errors.js";

const CHAIN = "one chain of dense layers, each with one activation";

/** Not the kind of model that can be read. */
export function refuse(path: string, given: string, hint = ""): RelumineError {
  return new RelumineError("unsupported", path, `to be ${CHAIN}`, given, hint);
}
