// Functions of the package that need no network: they run where they are called, in code that is loaded on demand.
import type {
  ActivationDiagnosis,
  ActivationOptions,
  GivenLayers,
  LayersInBlocks,
  StreamedLayers,
} from "../../diagnosis/activations/diagnose-activations.js";
import type { InputMoments, LatentForecast } from "../../diagnosis/forecast/dead-latents.js";
import type { Samples } from "../../core/matrix.js";
import type { PaceOptions } from "../../core/pace.js";

/**
 * As diagnoseActivations of "relumine", on the caller's thread: blocks are read in slices of about a frame.
 * @param given layers, with their values or blocks of them
 * @param options as there, signal and onProgress with blocks
 * @cost as there, on the caller's thread
 * @throws RelumineError as there (as a rejection)
 * @example const { dead } = await diagnoseActivations({ layers: [{ name: "hidden", preactivations }] });
 */
export async function diagnoseActivations(
  given: GivenLayers | StreamedLayers | LayersInBlocks,
  options?: ActivationOptions & PaceOptions,
): Promise<ActivationDiagnosis> {
  const { diagnoseActivations: here } = await import("../../diagnosis/activations/diagnose-activations.js");
  return here(given as never, options);
}

/**
 * As forecastDeadLatents of "relumine".
 * @param x rows x inputs, or their moments
 * @cost one pass over x
 * @throws RelumineError as there (as a rejection)
 * @example const { deadShare } = await forecastDeadLatents(x);
 */
export async function forecastDeadLatents(x: Samples | InputMoments): Promise<LatentForecast> {
  return (await import("../../diagnosis/forecast/dead-latents.js")).forecastDeadLatents(x);
}
