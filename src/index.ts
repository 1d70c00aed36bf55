// Public names only.
export type {
  Blow,
  Cause,
  Death,
  Fall,
  LastStraw,
  Preactivation,
  Revival,
  SampleShare,
} from "./diagnosis/trace/types.js";
export { diagnose } from "./diagnosis/diagnose.js";
export { diagnoseActivations } from "./diagnosis/activations/diagnose-activations.js";
export type {
  ActivationDiagnosis,
  ActivationOptions,
  GivenLayers,
  LayersInBlocks,
  StreamedLayers,
} from "./diagnosis/activations/diagnose-activations.js";
export type {
  ActivationLayer,
  BlockLayer,
  LayerBlock,
  LayerFacts,
  StreamedLayer,
} from "./diagnosis/activations/layers.js";
export type { BlockSource, LayerValues, ShapedValues, ValueBlocks } from "./diagnosis/activations/values.js";
export { traceDeaths } from "./diagnosis/trace/trace-deaths.js";
export type { Divergence } from "./diagnosis/trace/divergence.js";
export type { DeathTrace, ExplainOptions, TraceOptions } from "./diagnosis/trace/trace-options.js";
export type {
  Diagnosis,
  DiagnoseBlocksOptions,
  DiagnoseOptions,
  Finding,
  FindingKind,
  FindingRole,
  HeldOutLearning,
  InputBox,
  LayerDiagnosis,
  Learning,
  Mechanism,
  Mover,
  ObservedUnit,
  Proof,
  Spread,
  UnitDiagnosis,
  UnitState,
} from "./diagnosis/types.js";
export { forecastDeadLatents } from "./diagnosis/forecast/dead-latents.js";
export type { InputMoments, LatentForecast } from "./diagnosis/forecast/dead-latents.js";
export { forecastTraining } from "./diagnosis/forecast/training.js";
export type {
  DeadBand,
  RateForecast,
  TrainingForecast,
  TrainingForecastOptions,
} from "./diagnosis/forecast/training.js";
export { forecast } from "./diagnosis/forecast/forecast.js";
export { findLearningRate } from "./diagnosis/rates/find-learning-rate.js";
export type { LearningRateOptions, LearningRateTest, RateLook, RateSuggestions } from "./diagnosis/rates/types.js";
export type { ChanceBounds, Forecast, ForecastOptions, LayerForecast, LethalRate } from "./diagnosis/forecast/types.js";
export type {
  ActivityBlocksOptions,
  ActivityData,
  ActivityFrame,
  ActivityOptions,
  ActivityRecord,
} from "./diagnosis/units/activity-options.js";
export { recordActivity } from "./diagnosis/units/record-activity.js";
export { RelumineError, type ErrorCode } from "./core/errors.js";
export type { Matrix, Samples } from "./core/matrix.js";
export type { BatchContext, BatchSource } from "./network/batches.js";
export type { CompactMatrix, CompactType, Float16Numbers } from "./core/rows/compact.js";
export type { SparseMatrix } from "./core/sparse.js";
export type { SampleBlocks, SampleSource } from "./core/blocks.js";
export {
  exportNetwork,
  type ExportOptions,
  importNetwork,
  type ImportOptions,
  type ModelFormat,
} from "./formats/model.js";
export { readMetadata } from "./formats/model-header.js";
export { readProof } from "./formats/stored-proof.js";
export type { RuntimeFiles, RuntimeOptions } from "./wasm/runtime.js";
export type {
  Activation,
  ActivationName,
  JudgedActivationName,
  LayerActivationName,
  ObservedActivationName,
  ResolvedActivation,
} from "./activations/activations.js";
export type { ObservedActivation } from "./activations/observed.js";
export type { SeenValues } from "./inspect/activation-watch.js";
export { earlyStopping, type EarlyStoppingOptions } from "./network/training/early-stopping.js";
export type {
  BatchLog,
  Callback,
  DivergedFit,
  EpochLog,
  Gradients,
  History,
  KeptWeights,
  ClassFigures,
  Evaluation,
  Metrics,
  PackageCallback,
  RowSample,
  TrainingContext,
  FitOptions,
  DenseLayer,
  Weights,
  Network,
} from "./network/types.js";
export type { DataSet, Targets } from "./network/data.js";
export { createNetwork } from "./network/network.js";
export {
  cosine,
  oneCycle,
  reduceOnPlateau,
  stepDecay,
  warmup,
  type Schedule,
  type ScheduleOptions,
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
  type OptimizerOptions,
} from "./network/training/optimizers.js";
export type { Loss, LossSource, LossSpec } from "./network/losses.js";
export type { ClassWeights } from "./network/training/class-weights.js";
export type {
  BiasInitializer,
  ConstantWeights,
  KernelInitializer,
  NormalWeights,
  UniformWeights,
} from "./network/initializer-spec.js";
export type { Normalization, NormalizationKind } from "./network/normalization.js";
export type { DenseSpec, NetworkSpec } from "./network/spec.js";
export type { LayerOptions, Regularizer } from "./network/layer-options.js";
export { prescribe } from "./worker/prescribe.js";
export { prove } from "./worker/prove.js";
export type {
  NetworkProof,
  ProofProgress,
  ProofQuestion,
  ProvedUnit,
  ProveOptions,
} from "./diagnosis/proof/proof-types.js";
export type {
  ConstantAnswer,
  Interval,
  Measure,
  PrescribeOptions,
  Prescription,
  Trial,
} from "./treatment/prescribe/types.js";
export type { JournalReport, TrialJournal } from "./treatment/trial/journal/lines.js";
export type { RowScaling, TrialFailure } from "./treatment/trial/trial.js";
export {
  calibrate,
  type Calibration,
  type CalibrationOptions,
  type LayerCalibration,
} from "./treatment/start/calibrate.js";
export {
  centerInputs,
  type Centering,
  standardize,
  standardizeTargets,
  type Standardization,
  type TargetStandardization,
} from "./treatment/start/standardize.js";
export type { ColumnFigures, InputScaling, TargetScaling } from "./treatment/start/column-scaling.js";
export { continualBackprop } from "./treatment/during-training/continual-backprop.js";
export { recycleDormant } from "./treatment/during-training/recycle-dormant.js";
export { selfNormalizedResets } from "./treatment/during-training/self-normalized-resets.js";
export { preventDeaths } from "./treatment/during-training/prevent-deaths.js";
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
export type { Remedy, RemedyKind, ResolvedRemedy } from "./treatment/remedies/remedy.js";
export type { UnitPlace } from "./treatment/remedies/selection.js";
export { treat } from "./treatment/treat.js";
export type { PaceOptions } from "./core/pace.js";
export type {
  TreatedUnit,
  Treatment,
  TreatmentAction,
  TreatmentFinding,
  TreatmentFindingKind,
  TreatKnowledge,
  TreatBlocksOptions,
  TreatOptions,
  Besides,
} from "./treatment/types.js";
