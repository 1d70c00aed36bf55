// Public names of "relumine/worker": those of "relumine", for networks that live in workers.
export { RelumineError, type ErrorCode } from "./core/errors.js";
export type { SampleBlocks, SampleSource } from "./core/blocks.js";
export type { Matrix, Samples } from "./core/matrix.js";
export type { CompactMatrix, CompactType, Float16Numbers } from "./core/rows/compact.js";
export type { SparseMatrix } from "./core/sparse.js";
export type {
  ActivationDiagnosis,
  ActivationOptions,
  GivenLayers,
  LayersInBlocks,
  StreamedLayers,
} from "./diagnosis/activations/diagnose-activations.js";
export type { InputMoments, LatentForecast } from "./diagnosis/forecast/dead-latents.js";
export type { DeathTrace, TraceOptions } from "./diagnosis/trace/trace-options.js";
export type { Blow, Death, LastStraw, Revival } from "./diagnosis/trace/types.js";
export type { TrainingForecast, TrainingForecastOptions } from "./diagnosis/forecast/training.js";
export type { Forecast, ForecastOptions } from "./diagnosis/forecast/types.js";
export type { LearningRateOptions, LearningRateTest } from "./diagnosis/rates/types.js";
export type {
  NetworkProof,
  ProofProgress,
  ProofQuestion,
  ProvedUnit,
  ProveOptions,
} from "./diagnosis/proof/proof-types.js";
export type { Diagnosis, DiagnoseBlocksOptions, DiagnoseOptions } from "./diagnosis/types.js";
export type { ActivityFrame, ActivityOptions, ActivityRecord } from "./diagnosis/units/activity-options.js";
export { readMetadata } from "./formats/model-header.js";
export { readProof } from "./formats/stored-proof.js";
export type { DataSet, Targets } from "./network/data.js";
export type { LayerOptions, Regularizer } from "./network/layer-options.js";
export type { Normalization, NormalizationKind } from "./network/normalization.js";
export type { NetworkSpec } from "./network/spec.js";
export { earlyStopping, type EarlyStoppingOptions } from "./network/training/early-stopping.js";
export {
  cosine,
  oneCycle,
  reduceOnPlateau,
  stepDecay,
  warmup,
  type Schedule,
} from "./network/training/schedules/schedules.js";
export {
  adagrad,
  adam,
  adamax,
  adamW,
  lion,
  nadam,
  rmsprop,
  sgd,
  type Optimizer,
} from "./network/training/optimizers.js";
export type {
  BatchLog,
  ClassFigures,
  DivergedFit,
  EpochLog,
  Evaluation,
  History,
  KeptWeights,
  Metrics,
  PackageCallback,
  RowSample,
  Weights,
} from "./network/types.js";
export type {
  ContinualBackprop,
  ContinualBackpropOptions,
  DeathPrevention,
  PreventDeathsOptions,
  PreventedDeath,
  RecycleDormant,
  RecycleDormantOptions,
  SelfNormalizedResets,
  SelfNormalizedResetsOptions,
  UnitReset,
} from "./treatment/during-training/options.js";
export type { PrescribeOptions, Prescription, Trial } from "./treatment/prescribe/types.js";
export type { TrialFailure } from "./treatment/trial/trial.js";
export type { Remedy } from "./treatment/remedies/remedy.js";
export type { Calibration, CalibrationOptions } from "./treatment/start/calibrate.js";
export type { PaceOptions } from "./core/pace.js";
export type { TreatOptions } from "./treatment/types.js";
export {
  continualBackprop,
  preventDeaths,
  recordActivity,
  recycleDormant,
  selfNormalizedResets,
  traceDeaths,
} from "./worker/page/callbacks.js";
export { diagnoseActivations, forecastDeadLatents } from "./worker/page/without-network.js";
export {
  calibrate,
  centerInputs,
  diagnose,
  exportNetwork,
  forecast,
  forecastTraining,
  type RemoteStandardization as Centering,
  type RemoteStandardization as Standardization,
  type RemoteTargetStandardization as TargetStandardization,
  standardize,
  standardizeTargets,
  treat,
} from "./worker/page/functions.js";
export { findLearningRate } from "./worker/page/learning-rate.js";
export { prescribe } from "./worker/page/prescribe.js";
export { prove } from "./worker/page/prove.js";
export { createNetwork, importNetwork } from "./worker/page/remote-network.js";
export type { WorkerLike } from "./worker/port.js";
export type {
  LayerSnapshot,
  NamedCallback,
  Progress,
  RemoteCallback as Callback,
  RemoteContext as TrainingContext,
  RemoteFitOptions as FitOptions,
  RemoteLayer as DenseLayer,
  RemoteNetwork as Network,
  RemoteTreatment as Treatment,
  Snapshot,
  SnapshotOptions,
  WorkerChoice,
  WorkerOptions,
} from "./worker/types.js";
