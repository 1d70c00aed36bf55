// What holds of every training that draw.ts draws.
import { expect } from "vitest";
import { type Drawn, drawData, type Mixed } from "./draw.js";
import { memoryOf } from "../../treatment/promises.js";
import { lossOf } from "../../reference/network.js";
import { sourceOf } from "../../support/batches.js";
import { relumineError } from "../../support/errors.js";
import { type EvaluatedLayer, evaluateLayers } from "../../support/evaluated.js";
import {
  createNetwork,
  type DenseSpec,
  diagnose,
  exportNetwork,
  type FitOptions,
  type History,
  importNetwork,
  type LossSpec,
  type Matrix,
  type Network,
  type Schedule,
  sgd,
  traceDeaths,
  treat,
} from "../../../src/index.js";
import { readModel, RelumineError, writeModel } from "../../../src/models.js";

/** Sums of squares of larger numbers leave float32. */
const NEAR_OVERFLOW = 1e15;

/** What may have been seen, so that a test can say that its runs were not all of one kind. */
export interface Seen {
  diverged: number;
  deaths: number;
  treated: number;
  /** Networks that were held against float64. */
  evaluated: number;
  /** And were read back from another program's file. */
  readBack: number;
  fromSource: number;
}
export const nothingSeen = (): Seen => ({
  diverged: 0,
  deaths: 0,
  treated: 0,
  evaluated: 0,
  readBack: 0,
  fromSource: 0,
});

/** What a test may plant a fault in. */
export interface Referees {
  readonly evaluate: typeof evaluateLayers;
  /** The training that must be the same. */
  readonly twinOf: (given: Mixed) => Mixed;
}
export const TRUE_REFEREES: Referees = { evaluate: evaluateLayers, twinOf: (given) => given };

/** The optimizer's recipe is an object of its own in each training. */
const bitsOf = (network: Network) => ({ ...(memoryOf(network) as object), optimizer: undefined });
const withoutTime = ({ epochs, ...rest }: History) => ({
  ...rest,
  epochs: epochs.map(({ seconds: _, ...log }) => log),
});
const weightsOf = (network: Network) => network.layers.map((layer) => layer.getWeights());
const rowsOf = ({ rows, columns, data }: Matrix) =>
  Array.from({ length: rows }, (_, r) => [...data.subarray(r * columns, (r + 1) * columns)]);
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

function optionsOf({ fit, schedule, optimizer }: Mixed): FitOptions {
  return { ...fit, optimizer: optimizer(), ...(schedule && { learningRate: schedule }) };
}

interface Trained {
  readonly given: Mixed;
  readonly data: Drawn;
  readonly network: Network;
  readonly history: History;
  readonly trace: ReturnType<typeof traceDeaths>;
}

async function train(given: Mixed, data: Drawn, threads = 1): Promise<Trained> {
  const network = await createNetwork(given.spec, { arithmetic: given.arithmetic, threads });
  const trace = traceDeaths();
  const { dense: _, ...rows } = data;
  const history = await network.fit(rows, { ...optionsOf(given), callbacks: [trace] });
  return { given, data, network, history, trace };
}

// ── the same bits ──

/** Each epoch's loss is a number unless the training says that it diverged, and weights always are. */
function expectNumbers({ network, history: { epochs, stopped } }: Trained): void {
  for (const weights of weightsOf(network))
    for (const values of Object.values(weights) as Float32Array[]) expect(values.every(Number.isFinite)).toBe(true);
  if (stopped === "diverged") return;
  for (const { loss, penalty = 0 } of epochs) expect([loss, penalty].every(Number.isFinite)).toBe(true);
}

/** Once more, of compact rows with their numbers, of wide layers on two threads. */
async function expectRepeated({ given, data, network, history, trace }: Trained, twinOf: Referees["twinOf"]) {
  const isCompact = given.rowsAs === "uint8" || given.rowsAs === "float16";
  const rows = isCompact ? { ...data, x: data.dense } : data;
  const twin = await train(twinOf(given), rows, given.isWide ? 2 : 1);
  using second = twin.network;
  expect(bitsOf(second)).toEqual(bitsOf(network));
  expect(withoutTime(twin.history)).toEqual(withoutTime(history));
  expect(twin.trace.deaths).toEqual(trace.deaths);
}

/**
 * A replay that is not faithful says so; else nothing is unknown but what moves a unit beside its gradient: statistics,
 * penalties, norms; and what dropout below has silenced.
 */
function expectReplayed({ given: { spec }, trace: { deaths } }: Trained): void {
  const isMoved = ({ normalization, kernelRegularizer, maxNorm }: DenseSpec) =>
    normalization !== undefined || kernelRegularizer !== undefined || maxNorm !== undefined;
  for (const { cause, layer, closedBy, lastStraw } of deaths) {
    if (cause !== "unknown" || spec.layers.slice(0, layer).some(({ dropout }) => dropout !== undefined)) continue;
    expect(lastStraw.openBefore).toBeDefined();
    expect(lastStraw.change.statistics !== undefined || (closedBy !== undefined && isMoved(spec.layers[layer]))).toBe(
      true,
    );
  }
}

async function expectStored({ given: { arithmetic }, data, network }: Trained): Promise<void> {
  using read = await importNetwork(await exportNetwork(network, "safetensors"), { arithmetic });
  using clone = await network.clone();
  expect(bitsOf(clone)).toEqual(bitsOf(network));
  for (const same of [read, clone]) {
    expect(same.spec).toEqual(network.spec);
    expect(weightsOf(same)).toEqual(weightsOf(network));
    expect(same.predict(data.x)).toEqual(network.predict(data.x));
  }
}

/** Stops after its first epoch, is stored, read again, and goes on. */
async function expectResumed({ given, data: { dense: _, ...data }, network: whole, history }: Trained): Promise<void> {
  const { spec, arithmetic } = given;
  using network = await createNetwork(spec, { arithmetic });
  const first = { onEpochEnd: (_log: unknown, { stop }: { stop(): void }) => stop() };
  await network.fit(data, { ...optionsOf(given), callbacks: [traceDeaths(), first] });
  const bytes = await exportNetwork(network, "safetensors", { training: true });
  using again = await importNetwork(bytes, { arithmetic });
  const callbacks = [traceDeaths(), { onEpochEnd: () => undefined }];
  const resumed = await again.fit(data, { ...optionsOf(given), callbacks, resume: true });
  expect(withoutTime(resumed)).toEqual(withoutTime(history));
  expect(bitsOf(again)).toEqual(bitsOf(whole));
}

/** A source can't know how many steps an epoch has. */
const takesSource = ({ name, options }: Schedule): boolean =>
  name === "stepDecay" || name === "reduceOnPlateau" || (name === "warmup" && options.epochs === undefined);

/** The rows as a source of batches, against the same rows in memory, in their order. */
async function expectSource({ given, data: { dense: _, ...data } }: Trained, seen: Seen): Promise<void> {
  const { spec, fit, schedule, arithmetic } = given;
  const { epochs, clipNorm, batchSize } = fit;
  const options = (): FitOptions => ({
    epochs,
    optimizer: given.optimizer(),
    ...(clipNorm !== undefined && { clipNorm }),
    ...(schedule && takesSource(schedule) && { learningRate: schedule }),
  });
  using network = await createNetwork(spec, { arithmetic });
  using other = await createNetwork(spec, { arithmetic });
  const history = await network.fit(data, { ...options(), batchSize, shuffle: false });
  const { sample, diverged, ...told } = await other.fit(sourceOf(data, batchSize!), options());
  expect(bitsOf(other)).toEqual(bitsOf(network));
  if (history.stopped === "diverged") return; // what it has kept it can't evaluate without rows
  expect(withoutTime(told)).toEqual(withoutTime(history));
  expect([sample?.x.rows, diverged]).toEqual([given.rows, undefined]);
  seen.fromSource++;
}

// ── float64 ──

/** Whether float32 can hold what the layers make of the rows; any-network.test.ts is of numbers that it does not. */
const isHeld = (passes: readonly EvaluatedLayer[]) =>
  passes.every(({ z, n, o }) => [z, n, o].every((rows) => largest(rows.flat()) < NEAR_OVERFLOW));

function expectOutputs({ network, data }: Trained, passes: readonly EvaluatedLayer[]): void {
  const { data: logits, columns } = network.predict(data.x, { logits: true });
  const { o, oErrors } = passes.at(-1)!;
  o.forEach((row, r) =>
    row.forEach((value, c) => expect(Math.abs(logits[r * columns + c] - value)).toBeLessThanOrEqual(oErrors[r][c])),
  );
}

/** What each unit did on the rows, without changing anything. */
function expectDiagnosed({ network, data: { x, y } }: Trained, passes: readonly EvaluatedLayer[]): void {
  const before = network.evaluate({ x, y });
  const weights = bitsOf(network);
  const { layers } = diagnose(network, x, { targets: y });
  expect(bitsOf(network)).toEqual(weights);
  expect(network.evaluate({ x, y })).toEqual(before);
  for (const { layer, units } of layers)
    units.forEach(({ activity, preactivation, state }, unit) => {
      const n = passes[layer].n.map((row) => row[unit]);
      const errors = passes[layer].nErrors.map((row) => row[unit]);
      const rounding = mean(errors) + 1e-6 * largest(n);
      expect(Math.abs(preactivation.mean - mean(n))).toBeLessThanOrEqual(rounding);
      const fires = (sign: number) => mean(n.map((value, r) => Number(value + sign * errors[r] > 0)));
      expect(activity).toBeGreaterThanOrEqual(fires(-1) - 1e-6);
      expect(activity).toBeLessThanOrEqual(fires(1) + 1e-6);
      if (network.layers[layer].activation.name !== "relu") return;
      if (fires(1) === 0) expect(state).toBe("dead");
      if (fires(-1) > 0) expect(state).not.toBe("dead");
    });
}

const rowOf = (target: unknown, units: number): number[] =>
  typeof target === "number"
    ? Array.from({ length: units }, (_, c) => Number(c === target))
    : [...(target as number[])];

/** The mean loss of outputs, and how far off it may be. */
function lossIn64({ given, data }: Trained, { o, oErrors }: EvaluatedLayer): { loss: number; error: number } {
  const { name, labelSmoothing = 0 } = given.spec.loss as LossSpec;
  const units = o[0].length;
  const classes = name === "binaryCrossEntropy" ? 2 : units;
  const weights = o.map((_, r) => data.weights?.[r] ?? 1);
  let [loss, error, total] = [0, 0, 0];
  o.forEach((row, r) => {
    const target = rowOf((data.y as unknown[])[r], units);
    const smoothed = target.map((t) => (1 - labelSmoothing) * t + labelSmoothing / classes);
    const of = lossOf(name, [row], [labelSmoothing === 0 ? target : smoothed]);
    const slopes = of.gradient[0].reduce((sum, slope, c) => sum + Math.abs(slope) * oErrors[r][c], 0);
    total += weights[r];
    loss += weights[r] * of.loss;
    error += weights[r] * (slopes + 2 * largest(oErrors[r]) ** 2 + 1e-5 * (1 + of.loss + largest(row)));
  });
  return { loss: loss / total, error: error / total };
}

function penaltyIn64(network: Network, passes: readonly EvaluatedLayer[]): { penalty: number; error: number } {
  let [penalty, error] = [0, 0];
  network.spec.layers.forEach(({ frozen, kernelRegularizer, activityRegularizer }: DenseSpec, l) => {
    if (frozen) return;
    const { h, hErrors } = passes[l];
    const of = ({ l1 = 0, l2 = 0 }: NonNullable<DenseSpec["kernelRegularizer"]>, value: number) =>
      l1 * Math.abs(value) + l2 * value ** 2;
    if (kernelRegularizer) for (const w of network.layers[l].getWeights().kernel) penalty += of(kernelRegularizer, w);
    if (!activityRegularizer) return;
    const { l1 = 0, l2 = 0 } = activityRegularizer;
    h.forEach((row, r) =>
      row.forEach((value, c) => {
        penalty += of(activityRegularizer, value) / h.length;
        error += ((l1 + 2 * l2 * Math.abs(value)) * hErrors[r][c] + l2 * hErrors[r][c] ** 2) / h.length;
      }),
    );
  });
  return { penalty, error: error + 1e-5 * (1 + penalty) };
}

/** A step of all rows that learns nothing: its loss and penalty, and the units that its counters saw silent. */
async function expectStep(trained: Trained, evaluate: typeof evaluateLayers): Promise<void> {
  const { network, data } = trained;
  if (network.spec.layers.some(({ dropout }) => dropout)) return; // layer-options.test.ts has its masks
  const passes = evaluate(network, rowsOf(data.dense), { isTraining: true });
  if (!isHeld(passes)) return;
  using copy = await network.clone();
  const still = { epochs: 1, batchSize: data.dense.rows, shuffle: false, optimizer: sgd({ learningRate: 0 }) };
  const { dense: _, ...rows } = data;
  const [log] = (await copy.fit(rows, still)).epochs;
  const wanted = lossIn64(trained, passes.at(-1)!);
  expect(Math.abs(log.loss - wanted.loss)).toBeLessThanOrEqual(wanted.error);
  const { penalty, error } = penaltyIn64(network, passes);
  expect(Math.abs((log.penalty ?? 0) - penalty)).toBeLessThanOrEqual(error);
  log.silentUnits.forEach((silent, l) => {
    const { n, nErrors } = passes[l];
    const count = (sign: number) =>
      n[0].filter((_, unit) => n.every((row, r) => row[unit] + sign * nErrors[r][unit] <= 0)).length;
    expect(silent).toBeGreaterThanOrEqual(count(1));
    expect(silent).toBeLessThanOrEqual(count(-1));
  });
}

// ── treatments and files ──

/** Outputs of two networks that are the same function, up to the rounding of each. */
function expectSameOutputs(now: Float32Array, before: Float32Array, passes: readonly (readonly EvaluatedLayer[])[]) {
  const errors = passes.map((layers) => layers.at(-1)!.oErrors.flat());
  now.forEach((value, i) => {
    const error = errors.reduce((sum, each) => sum + each[i], 0);
    expect(Math.abs(value - before[i])).toBeLessThanOrEqual(error);
  });
}

/** liftBias and recycling of the dead change no bit of what the network says, pruning no more than rounding does. */
async function expectTreated({ network, data: { x, dense } }: Trained, seen: Seen): Promise<void> {
  for (const kind of ["liftBias", "recycle", "prune"] as const) {
    using copy = await network.clone();
    const outputs = copy.predict(x, { logits: true }).data;
    const before = bitsOf(copy);
    const passes = evaluateLayers(copy, rowsOf(dense));
    const remedy = kind === "recycle" ? ({ kind, dormantBelow: 0 } as const) : ({ kind } as const);
    const treatment = await treat(copy, x, remedy).catch((error: unknown) => {
      // finite weights that make of the rows what overflows, as the last update may leave them: that is said
      expect(isHeld(passes)).toBe(false);
      expect(error).toEqual(relumineError("value", /^layers/));
    });
    if (!treatment) continue;
    const isSoftmax = network.layers.at(-1)!.activation.name === "softmax"; // makes probabilities of infinite logits
    expect(isSoftmax || outputs.every(Number.isFinite)).toBe(true);
    seen.treated += treatment.treated.length;
    const now = treatment.network.predict(x, { logits: true }).data;
    if (kind !== "prune") expect(now).toEqual(outputs);
    else if (isHeld(passes))
      expectSameOutputs(now, outputs, [passes, evaluateLayers(treatment.network, rowsOf(dense))]);
    if (treatment.network !== copy) treatment.network.dispose();
    else treatment.undo();
    expect(bitsOf(copy)).toEqual(before);
  }
}

/** What the formats of other programs have no word for, or their readers no way to take. */
const isUnreadable = ({ activation }: DenseSpec) => (activation as { name: string }).name === "hardSwish";

/** As a file of another program and back: the same outputs, or a refusal. */
async function expectReadBack(trained: Trained, passes: readonly EvaluatedLayer[], seen: Seen): Promise<void> {
  const { given, network, data } = trained;
  const format = given.seed % 2 ? "onnx" : "tfjs";
  const readBack = async () => {
    const files = await writeModel(network, format);
    const name = format === "onnx" ? "model.onnx" : "model.json";
    const model = await readModel(files.get(name)!, { files, loss: network.spec.loss });
    return model.toNetwork({ arithmetic: given.arithmetic });
  };
  if (network.spec.layers.some(isUnreadable)) {
    await expect(readBack()).rejects.toBeInstanceOf(RelumineError);
    return;
  }
  using same = await readBack();
  const again = evaluateLayers(same, rowsOf(data.dense));
  if (!isHeld(again)) return;
  const logits = { logits: true };
  expectSameOutputs(same.predict(data.x, logits).data, network.predict(data.x, logits).data, [passes, again]);
  seen.readBack++;
}

/** All of it. */
export async function expectSound(given: Mixed, seen: Seen, { evaluate, twinOf } = TRUE_REFEREES): Promise<void> {
  const data = drawData(given);
  const trained = await train(given, data);
  using network = trained.network;
  expectNumbers(trained);
  await expectRepeated(trained, twinOf);
  expectReplayed(trained);
  seen.deaths += trained.trace.deaths.length;
  await expectStored(trained);
  await expectSource(trained, seen);
  if (trained.history.stopped === "diverged") {
    seen.diverged++;
    return;
  }
  await expectResumed(trained);
  await expectTreated(trained, seen);
  const passes = evaluate(network, rowsOf(data.dense));
  if (!isHeld(passes)) return;
  seen.evaluated++;
  expectOutputs(trained, passes);
  expectDiagnosed(trained, passes);
  await expectStep(trained, evaluate);
  await expectReadBack(trained, passes, seen);
}
