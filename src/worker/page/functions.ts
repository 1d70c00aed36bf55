// The functions of "relumine" on networks in workers: the same names and arguments, each with a promise.
import { followCall, Hearing } from "./followed-call.js";
import { remoteOf } from "./remote-network.js";
import { sendable, sendableData, toData } from "./sendable.js";
import { SentBlocks } from "./sent-blocks.js";
import { whileListening } from "./signals.js";
import { inOwnWorker } from "./start.js";
import type { PackedTreatment } from "../protocol.js";
import { receiveText, type WithText } from "../text.js";
import type { RemoteNetwork, RemoteTreatment, WorkerChoice } from "../types.js";
import { isBlocks, type SampleBlocks, type SampleSource } from "../../core/blocks.js";
import type { Samples } from "../../core/matrix.js";
import { checkPace } from "../../core/pace.js";
import type { ForecastOptions, Forecast } from "../../diagnosis/forecast/types.js";
import type { RateForecast, TrainingForecast, TrainingForecastOptions } from "../../diagnosis/forecast/training.js";
import type { DiagnoseBlocksOptions, Diagnosis, DiagnoseOptions } from "../../diagnosis/types.js";
import type { ExportOptions, ModelFormat } from "../../formats/model.js";
import type { DataSet, Targets } from "../../network/data.js";
import type { NetworkSpec } from "../../network/spec.js";
import { checkFunction, checkSignal } from "../../core/checks.js";
import { checkOptimizer } from "../../network/training/optimizers.js";
import { RelumineError } from "../../core/errors.js";
import type { Remedy } from "../../treatment/remedies/remedy.js";
import type { TreatOptions } from "../../treatment/types.js";
import type { Calibration, CalibrationOptions } from "../../treatment/start/calibrate.js";
import {
  checkFirst,
  type ColumnFigures,
  type InputScaling,
  inputScaling,
  type TargetScaling,
  targetScaling,
} from "../../treatment/start/column-scaling.js";

function sendTargets<T extends DiagnoseOptions | ForecastOptions>(options: T | undefined): T | undefined {
  if (options?.targets === undefined) return options;
  return { ...options, targets: sendable("targets", options.targets) };
}

/**
 * As diagnose of "relumine".
 * @param x rows x inputs; copied to the worker
 * @cost a message each way, and in the worker what it costs there
 * @throws RelumineError as diagnose of "relumine" (as a rejection)
 * @example console.log(String(await diagnose(network, x)));
 */
export function diagnose(network: RemoteNetwork, x: Samples, options?: DiagnoseOptions): Promise<Diagnosis>;
/**
 * The same of rows in blocks, which are read on this side and sent one by one, each as the worker asks for it.
 * @param x as for diagnose of "relumine"
 * @cost as diagnose of "relumine", and a message each way for each block
 * @throws RelumineError as diagnose of "relumine", and what the source throws (as rejections)
 * @example const { dead } = await diagnose(network, { rows: 100_000, blocks });
 */
export function diagnose(network: RemoteNetwork, x: SampleBlocks, options?: DiagnoseBlocksOptions): Promise<Diagnosis>;
export async function diagnose(
  network: RemoteNetwork,
  x: Samples | SampleBlocks,
  options?: DiagnoseOptions | DiagnoseBlocksOptions,
): Promise<Diagnosis> {
  if (!isBlocks(x))
    return receiveText(
      await remoteOf(network).call<WithText<Diagnosis>>("diagnose", sendable("x", x), sendTargets(options)),
    );
  const { signal, onProgress, ...given }: DiagnoseBlocksOptions = { ...options };
  return receiveText(
    await callPaced<WithText<Diagnosis>>(network, "diagnose", x, [options && given], { signal, onProgress }),
  );
}

/** A call of rows that a signal ends, and that tells how far it is. */
async function callPaced<T>(
  network: RemoteNetwork,
  name: string,
  x: Samples | SampleBlocks,
  args: readonly unknown[],
  pacing: Parameters<typeof checkPace>[0],
): Promise<T> {
  const { signal, onProgress } = checkPace(pacing);
  const inside = remoteOf(network);
  const sent = isBlocks(x) ? new SentBlocks("x", x, inside.post) : undefined;
  const rows = sent ? sent.inside : sendable("x", x as Samples);
  try {
    const { value } = await followCall<T>(network, name, [rows, ...args], signal, (message) => {
      if (message.kind === "wantBlock") return sent?.send(message.id, message.pass);
      if (message.kind !== "progress") return undefined;
      const heard: unknown = onProgress?.(message.progress);
      if (message.progress < 1) return heard;
      return Promise.resolve(heard).then(() => inside.post({ kind: "read", id: message.id }));
    });
    return value;
  } finally {
    sent?.close();
  }
}

const forgotten = /* @__PURE__ */ new FinalizationRegistry<() => void>((forget) => forget());

/** What a treatment put aside is kept in the worker for as long as this object is there, for undo. */
function toTreatment(network: RemoteNetwork, packed: PackedTreatment): RemoteTreatment {
  const inside = remoteOf(network);
  const { handle, described, isNew, text, before, after, remedy, outputChange, treated, findings, besides } = packed;
  if (!isNew) inside.update(described);
  const treatedNetwork = isNew ? inside.adopt(described) : network;
  const treatment: RemoteTreatment = {
    network: treatedNetwork,
    remedy,
    before: receiveText(before),
    after: receiveText(after),
    outputChange,
    treated,
    findings,
    besides,
    async undo() {
      inside.update(await inside.call("undo", handle));
      if (isNew) await treatedNetwork.dispose();
    },
    toString: () => text,
  };
  for (const name of ["undo", "toString"]) Object.defineProperty(treatment, name, { enumerable: false });
  forgotten.register(treatment, () => void inside.call("forget", handle).catch(() => {}));
  return treatment;
}

/**
 * As treat of "relumine"; `undo()` of the treatment returns a promise.
 * @param x rows x inputs; copied to the worker. Blocks are read on this side, and sent as the worker asks for them
 * @cost a message each way, and in the worker what it costs there
 * @throws RelumineError as treat of "relumine" (as a rejection)
 * @example const treatment = await treat(network, x, { kind: "liftBias" });
 */
export async function treat(
  network: RemoteNetwork,
  x: Samples | SampleSource,
  remedy: Remedy,
  options?: TreatOptions,
): Promise<RemoteTreatment> {
  const { signal, onProgress, ...known } = { ...options };
  const args = [remedy, options && sendTargets(known)];
  return toTreatment(network, await callPaced<PackedTreatment>(network, "treat", x, args, { signal, onProgress }));
}

/**
 * As calibrate of "relumine".
 * @param x rows x inputs; copied to the worker. Blocks are read on this side, and sent as the worker asks for them
 * @cost a message each way, and in the worker what it costs there
 * @throws RelumineError as calibrate of "relumine" (as a rejection)
 * @example await calibrate(network, x, { activity: 0.5 });
 */
export async function calibrate(
  network: RemoteNetwork,
  x: Samples | SampleSource,
  options?: CalibrationOptions,
): Promise<Calibration> {
  const { signal, onProgress, ...given } = { ...options };
  return callPaced(network, "calibrate", x, [options && given], { signal, onProgress });
}

/** What a fold is called in the worker. */
type Fold = "foldInputs" | "foldTargets";

/** A fold that each network takes once. */
function foldOnce({ mean, scale }: ColumnFigures, fold: Fold): (network: RemoteNetwork) => Promise<void> {
  const folded = new WeakSet<RemoteNetwork>();
  return async (network) => {
    const inside = remoteOf(network);
    checkFirst(folded, network);
    await inside.call<void>(fold, { mean, scale });
    folded.add(network);
  };
}

/** What `standardize` returns: the figures, and what to do with them. */
export interface RemoteStandardization extends InputScaling {
  /** As Standardization.foldInto of "relumine", with its errors as rejections. */
  foldInto(network: RemoteNetwork): Promise<void>;
}

/** What `standardizeTargets` returns: the figures, and what to do with them. */
export interface RemoteTargetStandardization extends TargetScaling {
  /** As TargetStandardization.foldInto of "relumine", with its errors as rejections. */
  foldInto(network: RemoteNetwork): Promise<void>;
}

/**
 * As standardize of "relumine"; `foldInto` returns a promise.
 * @param x rows x inputs
 * @cost two passes over x, on the page; apply copies its samples
 * @throws RelumineError "shape" or "value"
 * @example
 * const inputs = standardize(x);
 * await network.fit({ x: inputs.apply(x), y });
 * await inputs.foldInto(network);
 */
export function standardize(x: Samples): RemoteStandardization {
  const scaling = inputScaling(x, true);
  return { ...scaling, foldInto: foldOnce(scaling, "foldInputs") };
}

/**
 * As standardizeTargets of "relumine"; `foldInto` returns a promise.
 * @param y one number or one row of numbers a sample
 * @cost two passes over y, on the page; apply and invert copy
 * @throws RelumineError "shape" or "value"
 * @example
 * const targets = standardizeTargets(y);
 * await network.fit({ x, y: targets.apply(y) });
 * await targets.foldInto(network);
 */
export function standardizeTargets(y: Targets): RemoteTargetStandardization {
  const scaling = targetScaling(y);
  return { ...scaling, foldInto: foldOnce(scaling, "foldTargets") };
}

/**
 * As centerInputs of "relumine"; `foldInto` returns a promise.
 * @param x rows x inputs
 * @cost one pass over x, on the page; apply copies its samples
 * @throws RelumineError "shape" or "value"
 * @example
 * const centering = centerInputs(x);
 * await network.fit({ x: centering.apply(x), y });
 * await centering.foldInto(network);
 */
export function centerInputs(x: Samples): RemoteStandardization {
  const scaling = inputScaling(x, false);
  return { ...scaling, foldInto: foldOnce(scaling, "foldInputs") };
}

/**
 * As exportNetwork of "relumine".
 * @cost a message each way, and in the worker what it costs there
 * @throws RelumineError as exportNetwork of "relumine" (as a rejection)
 * @example const bytes = await exportNetwork(network, "safetensors");
 */
export async function exportNetwork(
  network: RemoteNetwork,
  format: ModelFormat,
  options?: ExportOptions,
): Promise<Uint8Array> {
  return remoteOf(network).call("exportNetwork", format, options);
}

/**
 * As forecast of "relumine", in a worker that is started for it.
 * @param x rows x inputs; copied to the worker
 * @cost the start of a worker, and in it what forecast of "relumine" costs
 * @throws RelumineError as forecast of "relumine"; "unsupported" where the worker does not start (as rejections)
 * @example const { advice } = await forecast(spec, x, { targets: y });
 */
export async function forecast(
  spec: NetworkSpec,
  x?: Samples,
  options?: ForecastOptions & WorkerChoice,
): Promise<Forecast> {
  const { worker, ...given } = { ...options };
  const args = [spec, x === undefined ? x : sendable("x", x), sendTargets(given)];
  return receiveText(
    await inOwnWorker(worker, async (connection) => (await connection.call(0, "forecast", args)) as WithText<Forecast>),
  );
}

/**
 * As forecastTraining of "relumine", in a worker that is started for it, which a signal ends: the promise is rejected
 * then.
 * @param data rows x inputs, and a target a row; copied to the worker
 * @cost the start of a worker, and in it what forecastTraining of "relumine" costs
 * @throws RelumineError as forecastTraining of "relumine"; "unsupported" where the worker does not start (as
 *   rejections)
 * @example const { deadlyFrom } = await forecastTraining(spec, { x, y }, { seconds: 1 });
 */
export async function forecastTraining(
  spec: NetworkSpec,
  data: DataSet,
  options?: TrainingForecastOptions & WorkerChoice,
): Promise<TrainingForecast> {
  const { worker, signal, optimizer, onRate, ...given } = { ...options };
  checkSignal(signal);
  if (onRate !== undefined) checkFunction("onRate", onRate);
  const packed = { ...given, ...(optimizer !== undefined && { optimizer: toData(checkOptimizer(optimizer)) }) };
  return inOwnWorker(worker, async (connection) => {
    const end = () => connection.close(new RelumineError("value", "signal", "not to be aborted", "an interruption"));
    const hearing = new Hearing((message) => {
      if (message.kind === "trial") onRate?.(message.trial as RateForecast);
    }, end);
    return whileListening([signal], end, async () => {
      const args = [spec, sendableData("data", data), packed];
      const answer = connection.call(0, "forecastTraining", args, { follow: () => hearing.tell });
      return receiveText((await answer.catch(hearing.refuse)) as WithText<TrainingForecast>);
    });
  });
}
