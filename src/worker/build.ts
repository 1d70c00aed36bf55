// What a trial's bits depend on besides itself and its rows: the program that trains, all of it, and the arithmetic
// that this machine does it with.
import * as chosen from "#worker";
import { sha256 } from "../core/sha256.js";
import { createNetwork } from "../network/network.js";
import type { WorkerStarter } from "./port.js";

const starter: WorkerStarter = chosen;
let program: Promise<string> | undefined;

/** x·y less its own rounding: 0, unless multiply and add are one operation. */
const FACTOR = Math.fround(1 + 2 ** -12);

/** `strict`, or `fused` or `unfused` of what fuses where the machine can. */
async function arithmeticOf(arithmetic: "fast" | "reproducible"): Promise<string> {
  using network = await createNetwork({ inputs: 2, layers: [{ units: 1 }], loss: "meanSquaredError" }, { arithmetic });
  if (network.runtime.simd === "strict") return "strict";
  network.layers[0].setWeights({ kernel: Float32Array.of(1, FACTOR) });
  const { data } = network.predict([[-Math.fround(FACTOR * FACTOR), FACTOR]]);
  return data[0] === 0 ? "unfused" : "fused";
}

/**
 * The program that trains, and how this machine multiplies and adds: equal where the same trial gives the same bits.
 * Who does trials for others compares it with SweepWork.build.
 * @param arithmetic of the sweep
 * @cost some milliseconds the first time
 * @throws RelumineError "memory" where there is none for the kernels (as a rejection)
 * @example if ((await sweepBuild("reproducible")) !== work.build) throw new Error("another version of relumine");
 */
export async function nameBuild(arithmetic: "fast" | "reproducible"): Promise<string> {
  program ??= starter.ownSource().then((text) => sha256(text).slice(0, 16));
  return `${await program}-${await arithmeticOf(arithmetic)}`;
}
