// The callbacks of this package as data. What a function such as traceDeaths() returns is { name, options }, so that
// it can be stored and sent to a worker; what it finds is read from the same object. Whoever runs the fit keeps those
// results up to date: `fit` of this package by starting the callback beside the network, a page's fit by what its
// worker reports.
import type { Callback, PackageCallback, TrainingContext } from "../types.js";
import type { Plan } from "./plan.js";
import { type BatchSource, cutOf } from "../batches.js";
import type { RunningFit } from "./running-fit.js";
import type { NetworkState } from "../state/state.js";
import { checkName, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";

/** A callback as it can be stored and sent. */
export interface CallbackData {
  /** Of the function that makes it: "earlyStopping". */
  readonly name: string;
  /** What that is called with. */
  readonly options?: object;
}

/** A callback in one fit: its hooks, and what it has found so far. */
export interface RunningCallback<Results extends object> extends Omit<Callback, "onTrainBegin"> {
  read(): Results;
  /**
   * All that it needs to go on in another fit, as plain data (see progress.ts) that is copied at once; undefined where
   * it can't.
   * @param isComplete the fit has made all its epochs
   */
  save?(isComplete: boolean): object | undefined;
  /** Does what a method of the callback asks for (see Description.methods); what it finds is read then. */
  act?(name: string, argument: unknown): Promise<void>;
  /** Is there still something that `act` can do? Asked at the end of the fit: what it needs is kept then. */
  canAct?(): boolean;
}

/** A callback that has begun. */
export type StartedCallback = Callback & Pick<RunningCallback<object>, "save">;

/** A callback apart from what it does. */
export interface Description<Options extends object, Results extends object, Methods extends object = object> {
  readonly name: string;
  /** Checked, with defaults filled in. */
  readonly options: Options;
  /** Before any fit; its keys are the properties of the callback that tell what it found. */
  readonly results: Results;
  /**
   * What can be asked of the callback: functions that read what it has found and let it act, beside the network or
   * through a page's worker. Without a fit there is nothing to act on.
   */
  readonly methods?: (read: () => Results, act: Act) => Methods;
}

export type Act = (name: string, argument: unknown) => Promise<void>;

export interface Definition<
  Options extends object,
  Results extends object,
  Methods extends object = object,
> extends Description<Options, Results, Methods> {
  /**
   * It goes by epochs, steps, or rows of its own: it takes a fit from a source of batches as well; "cut": where that
   * says its rows and batchSize.
   */
  readonly takesSource?: true | "cut";
  /** Before anything changes: throws where the fit can't have this callback. */
  readonly check?: (plan: Plan, state: NetworkState) => void;
  /**
   * A fit begins, or goes on from what was saved, which it may take for its own. Absent: the callback can only be sent
   * to a worker.
   */
  readonly start?: (fit: RunningFit, context: TrainingContext, saved?: object) => RunningCallback<Results>;
}

interface Inside {
  readonly definition: Definition<object, object>;
  /** What it found last, where it does not run now. */
  results: object;
  running: RunningCallback<object> | undefined;
  isInUse: boolean;
  /** What its methods do, in the fit that is running or ran last. */
  act: Act | undefined;
}

export const HOOK_NAMES = ["onTrainBegin", "onBatchEnd", "onEpochEnd", "onTrainEnd"] as const;

const insides = new WeakMap<object, Inside>();

/** The callback of a definition: { name, options }, its results and methods as properties that are not enumerable. */
export function defineCallback<Options extends object, Results extends object, Methods extends object>(
  definition: Definition<Options, Results, Methods>,
): PackageCallback<Options> & Readonly<Results> & Methods {
  const { name, options, results } = definition;
  const inside: Inside = {
    definition: definition as unknown as Inside["definition"],
    results,
    running: undefined,
    isInUse: false,
    act: undefined,
  };
  const methods = definition.methods?.(
    () => (inside.running?.read() ?? inside.results) as Results,
    async (method, argument) => inside.act?.(method, argument),
  );
  const functions = Object.entries(methods ?? {}).map(([key, value]) => [key, { value: value as unknown }] as const);
  const getters = Object.keys(results).map((key) => {
    const get = () => ((inside.running?.read() ?? inside.results) as Record<string, unknown>)[key];
    return [key, { get, enumerable: false }] as const;
  });
  const callback = Object.freeze(
    Object.defineProperties({ name, options }, Object.fromEntries([...getters, ...functions])),
  );
  insides.set(callback, inside);
  return callback as PackageCallback<Options> & Readonly<Results> & Methods;
}

/**
 * The callback that one of these functions makes of data.
 * @throws RelumineError "value"
 */
export function callbackByName(
  factories: Readonly<Record<string, (options: never) => PackageCallback>>,
  { name, options }: CallbackData,
): PackageCallback {
  return factories[checkName("callback", name, Object.keys(factories))](options as never);
}

/** The definition behind what a function of this package returned; undefined for everything else. */
export function definitionOf(callback: object): Definition<object, object> | undefined {
  return insides.get(callback)?.definition;
}

/** What a callback of this package has found, as a plain object. */
export function resultsOf(callback: object): object {
  const { running, results } = insides.get(callback)!;
  return running?.read() ?? results;
}

/** Puts what a worker reports of a callback into the caller's object. */
export function writeResults(callback: object, change: (results: object) => object): void {
  const inside = insides.get(callback)!;
  inside.results = change(inside.results);
}

/** Who acts for a callback whose fit runs elsewhere; undefined: nobody any more. */
export function setAct(callback: object, act: Act | undefined): void {
  insides.get(callback)!.act = act;
}

/** Has a callback act. */
export function actOn(callback: object, name: string, argument: unknown): Promise<void> | undefined {
  return insides.get(callback)?.act?.(name, argument);
}

/** Takes the callbacks of this package for one fit; returns what gives them back. */
export function claimCallbacks(callbacks: readonly object[]): () => void {
  const claimed: Inside[] = [];
  const release = () => {
    for (const inside of claimed) inside.isInUse = false;
  };
  for (const callback of callbacks) {
    const inside = insides.get(callback);
    if (!inside) continue;
    if (inside.isInUse) {
      release();
      const { name } = inside.definition;
      throw new RelumineError("value", "callbacks", `to have a ${name}() of their own`, "one that another fit uses");
    }
    inside.isInUse = true;
    claimed.push(inside);
  }
  return release;
}

/** A callback by its name alone, which a worker may know. */
export function isNamed(callback: object): callback is CallbackData {
  const hooks: readonly string[] = [...HOOK_NAMES, "onProgress"];
  return "name" in callback && !hooks.some((hook) => hook in callback);
}

/**
 * Traces and preventDeaths ask of all rows, amid an epoch, whether one opens a unit, and read rows by their numbers; a
 * source, even one that can be read again, gives them in the order of its epochs and does not say which is which.
 */
function checkSource(path: string, { name }: PackageCallback, source: BatchSource, takes: true | "cut" | undefined) {
  if (takes === true || (takes === "cut" && cutOf(source))) return;
  const which = "earlyStopping, recordActivity or, of a source with a batchSize, a remedy that reads no rows again";
  throw new RelumineError("unsupported", path, `to be of your own, ${which}, with a source of batches`, `${name}()`);
}

/** What the callbacks of this package find wrong with a fit, before anything changes. */
export function checkCallbackUse(plan: Plan, state: NetworkState): void {
  plan.callbacks.forEach((callback, index) => {
    const definition = definitionOf(callback);
    if (plan.source && definition)
      checkSource(`callbacks[${index}]`, callback as PackageCallback, plan.source, definition.takesSource);
    definition?.check?.(plan, state);
    if (definition ? definition.start : !isNamed(callback)) return;
    const hooks = HOOK_NAMES.join(", ");
    const what = `to have ${hooks}, or to be what traceDeaths() and its like return`;
    throw new RelumineError(
      "value",
      `callbacks[${index}]`,
      what,
      `{ name: ${describe((callback as PackageCallback).name)} }`,
    );
  });
}

/** The package's own among the callbacks of a fit. */
export function ownCallbacks({ callbacks }: Pick<Plan, "callbacks">): PackageCallback[] {
  return callbacks.filter((callback): callback is PackageCallback => insides.has(callback));
}

/** Lets a callback begin; returns its hooks for the rest of the fit. */
export async function beginCallback(
  callback: Callback | PackageCallback,
  fit: RunningFit,
  context: TrainingContext,
  saved: object | undefined,
): Promise<StartedCallback> {
  const inside = insides.get(callback);
  if (inside) return start(inside, fit, context, saved);
  await (callback as Callback).onTrainBegin?.(context);
  return callback as Callback;
}

/** After the fit: what it found, and itself as long as it can do more. */
function keepAct(inside: Inside, running: RunningCallback<object>, act: Act): void {
  inside.results = running.read();
  inside.act = running.canAct?.() ? act : undefined;
}

/** A callback before it may have disposed of the network: then there is nothing left to look at. */
function start(inside: Inside, fit: RunningFit, context: TrainingContext, saved: object | undefined): StartedCallback {
  const running = inside.definition.start!(fit, context, saved);
  inside.running = running;
  const act: Act = async (name, argument) => {
    await running.act?.(name, argument);
    if (fit.isOver && inside.act === act) keepAct(inside, running, act);
  };
  inside.act = act;
  fit.atEnd(() => {
    keepAct(inside, running, act);
    inside.running = undefined;
  });
  const { onBatchEnd, onEpochEnd, onTrainEnd } = running;
  const isGone = () => fit.state.isDisposed;
  return {
    ...(onBatchEnd && { onBatchEnd: (log) => (isGone() ? undefined : onBatchEnd(log, context)) }),
    ...(onEpochEnd && { onEpochEnd: (log) => (isGone() ? undefined : onEpochEnd(log, context)) }),
    ...(onTrainEnd && { onTrainEnd: (history) => (isGone() ? undefined : onTrainEnd(history, context)) }),
    save: (isComplete) => running.save?.(isComplete),
  };
}
