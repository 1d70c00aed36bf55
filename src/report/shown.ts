// What pages show: of units of which preactivations or activations alone may be known, as of those of a network of this
// package.
import type { Diagnosis, LayerDiagnosis, ObservedUnit } from "../diagnosis/types.js";

export type ShownDiagnosis = Diagnosis<ObservedUnit>;
export type ShownLayer = LayerDiagnosis<ObservedUnit>;
