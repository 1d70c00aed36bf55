// Work on a network that lets others have their turn: it goes on while the network is what it was.
import { RelumineError } from "../../core/errors.js";
import type { StateCell } from "./state.js";

/**
 * From now on, throws where the network has changed, is training or was disposed of.
 * @param purpose what is done to it, in a word
 */
export function watch(cell: StateCell, purpose: string): () => void {
  const { current } = cell;
  const { changes, epochsBegun } = current;
  return () => {
    cell.current.checkIdle();
    if (cell.current === current && current.changes === changes && current.epochsBegun === epochsBegun) return;
    throw new RelumineError("value", "network", `to stay as it is while it is ${purpose}`, "one that has changed");
  };
}
