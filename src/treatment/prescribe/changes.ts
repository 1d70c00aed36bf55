// What remedies change: settings of a trial to other settings.
import { bendsLittle } from "../../activations/analysis.js";
import { hidden, withActivation } from "./output-that-fits.js";
import type { RowScaling, TrialSettings } from "../trial/trial.js";
import type { Remedy as Treatment } from "../remedies/remedy.js";
import type { CallbackData } from "../../network/training/callbacks.js";
import { warmup } from "../../network/training/schedules/schedules.js";
import { adam } from "../../network/training/optimizers.js";
import { constantBias } from "../../network/initializer-spec.js";
import { hasOwnShift, resolveSpec } from "../../network/spec.js";
import { roundTo } from "../../text/numbers.js";
import type { ActivationName } from "../../activations/activations.js";

export type Change = (settings: TrialSettings) => TrialSettings;

/** An option of the optimizer, where it has it. */
export function option(name: string, change: (value: number) => number): Change {
  return (settings) => {
    const { optimizer } = settings;
    const value = optimizer.options[name];
    if (typeof value !== "number") return settings;
    const changed = {
      ...optimizer.options,
      [name]: change(value),
      ...(name === "momentum" && "nesterov" in optimizer.options && { nesterov: false }),
    };
    return { ...settings, optimizer: { ...optimizer, options: changed } };
  };
}

export const rate = (factor: number): Change => option("learningRate", (value) => roundTo(value * factor, 3));
export const bias = (value: number): Change =>
  hidden((layer) =>
    hasOwnShift(layer) ? { ...layer, biasInitializer: Math.max(constantBias(layer.biasInitializer), value) } : layer,
  );
export const shape = (name: ActivationName): Change => hidden((layer) => ({ ...layer, activation: name }));
export const asymmetric = hidden((layer) => ({ ...layer, kernelInitializer: "asymmetric" }));
export const clip: Change = (settings) => ({ ...settings, clipNorm: Math.min(settings.clipNorm ?? Infinity, 1) });
export const scale =
  (scaling: RowScaling): Change =>
  (settings) => ({ ...settings, standardize: { ...settings.standardize, ...scaling } });
export const during =
  (name: string, options: object = {}): Change =>
  (settings) => ({ ...settings, callbacks: [...settings.callbacks, { name, options } satisfies CallbackData] });
/** Over the first tenth of the epochs, half an epoch at least. */
export const warm =
  (epochs: number): Change =>
  (settings) => ({ ...settings, schedule: warmup({ epochs: Math.max(0.5, epochs / 10) }) });
export const calibrated: Change = (settings) => ({ ...settings, calibrate: { activity: 0.5 } });
export const epochs =
  (times: number): Change =>
  (settings) => ({ ...settings, epochs: times });
export const treated =
  (treat: Treatment): Change =>
  (settings) => ({ ...settings, treat });
export const withAdam =
  (learningRate: number): Change =>
  (settings) => {
    const { name, options } = adam({ learningRate });
    return { ...settings, optimizer: { name, options } };
  };

/** Kernels and biases as they are drawn where nothing is said of them. */
export const usualStart: Change = (settings) => ({
  ...settings,
  spec: resolveSpec({
    ...settings.spec,
    layers: settings.spec.layers.map(({ kernelInitializer: _kernel, biasInitializer: _bias, ...layer }) => layer),
  }),
});

/** Hidden layers that do not bend, or flatten the gradient, as relu. */
export const bend: Change = hidden((layer) => (bendsLittle(layer.activation) ? withActivation(layer, "relu") : layer));

/** Of a hidden layer that is too narrow. */
export const WIDE = 16;
export const widen: Change = (settings) => {
  const { layers } = settings.spec;
  const wide =
    layers.length === 1
      ? [{ units: WIDE }, ...layers]
      : layers.map((layer, index) =>
          index < layers.length - 1 && layer.units < WIDE ? { ...layer, units: WIDE } : layer,
        );
  return { ...settings, spec: resolveSpec({ ...settings.spec, layers: wide }), startsAnew: true };
};

/** Hidden layers of more units. */
export const multiply =
  (times: number): Change =>
  (settings) => ({ ...hidden((layer) => ({ ...layer, units: layer.units * times }))(settings), startsAnew: true });

export const both =
  (a: Change, b: Change): Change =>
  (settings) =>
    b(a(settings));
