// Who takes part.
import { join } from "node:path";

export interface Peer {
  readonly name: string;
  /** The program that answers, without the task's folder. */
  readonly command: readonly string[];
  /** Where not all: the workloads that it can do. */
  readonly only?: readonly string[];
  /** What it does otherwise than the rest, if it does: its loss is another then, and need only fall. */
  readonly otherLoss?: string;
}

export const FOLDER = join("bench", "peers");
const node = (module: string) => [process.execPath, join(FOLDER, "peer.mjs"), module];
export const PEERS: readonly Peer[] = [
  { name: "relumine", command: node("relumine.mjs") },
  { name: "PyTorch, one thread", command: ["python3", join(FOLDER, "torch_peer.py")] },
  { name: "jax-js wasm, whole step under jit", command: node("jax.mjs") },
  { name: "tfjs wasm", command: node("tfjs-wasm.mjs") },
  { name: "tfjs cpu", command: node("tfjs-cpu.mjs") },
  { name: "plain JavaScript loops", command: node("plain.mjs") },
  {
    name: "brain.js",
    command: node("brain.mjs"),
    only: ["W1", "W2"],
    otherLoss: "sample by sample, squared error on ReLU outputs",
  },
];
