// "relumine/sweep": hundreds of trainings, on this machine's cores or on others, and what came of each.
export { sweep, type SweepOptions } from "./sweep/sweep.js";
export { deathMap } from "./sweep/map/death-map.js";
export type {
  DeathMap,
  MapAxis,
  MapCell,
  MapForecast,
  MapOptions,
  MapPlan,
  MapRange,
  MapSide,
  Wall,
  WallPoint,
} from "./sweep/map/types.js";
export { crossValidate } from "./sweep/folds/cross-validate.js";
export type {
  CrossValidateOptions,
  CrossValidation,
  FoldFigures,
  FoldFinding,
  FoldOptions,
  FoldResult,
  FoldSummary,
  SharedFinding,
} from "./sweep/folds/types.js";
export type { LearningRateTest, RateLook, RateSuggestions } from "./diagnosis/rates/types.js";
export { retrain } from "./sweep/retrain.js";
export { localEngine, type LocalOptions } from "./sweep/local-engine.js";
export { openWork, type EngineOptions, type OpenWork, type SweepEngine, type SweepWork } from "./sweep/engine.js";
export { nameBuild as sweepBuild } from "./worker/build.js";
export { fileJournal } from "./sweep/journal/file-journal.js";
export { memoryJournal, mergeJournals, type SweepJournal } from "./sweep/journal/journal.js";
export type { SweepTask, SweepTrial } from "./sweep/task.js";
export type {
  OptimizerData,
  RandomSampling,
  SweepAxis,
  SweepBase,
  SweepCell,
  SweepDataSet,
  SweepFit,
  SweepPlan,
  SweepProgress,
  SweepRange,
  SweepRemedies,
  SweepResult,
  SweepStop,
  SweepTrialResult,
  TrialFigures,
} from "./sweep/types.js";
export { RelumineError, type ErrorCode } from "./core/errors.js";
export type { Cause } from "./diagnosis/trace/types.js";
export type { DataSet, Targets } from "./network/data.js";
export type { Network } from "./network/types.js";
export type { NetworkSpec } from "./network/spec.js";
export type { ClassWeights } from "./network/training/class-weights.js";
export type { CallbackData } from "./network/training/callbacks.js";
export type { OptimizerOptions } from "./network/training/optimizers.js";
export type { Interval } from "./treatment/prescribe/types.js";
export type { Remedy } from "./treatment/remedies/remedy.js";
export type { JournalReport } from "./treatment/trial/journal/lines.js";
export type { RowScaling, TrialFailure } from "./treatment/trial/trial.js";
