// What looking at a network costs: each look and a plain epoch, or a plain `predict`, of the same network by turns. The
// figure is their ratio; what 0.1 took stands in the note.
import {
  calibrate,
  createNetwork,
  diagnose,
  forecast,
  recordActivity,
  sgd,
  traceDeaths,
  treat,
  type ActivityRecord,
  type DeathTrace,
  type Diagnosis,
  type Forecast,
  type Network,
  type NetworkSpec,
  type PackageCallback,
  type Remedy,
} from "../src/index.js";
import { stateOf } from "../src/network/state/state.js";
import { forward } from "../tests/reference/network.js";
import type { Case, Context, Figure } from "./measure.js";
import { create, rowsOf, specOf, toReference } from "./networks.js";
import { peakMemoryOf } from "./peak-memory.js";
import { byTurns, processorTime, ratios, summarize } from "./turns.js";
import { samples, shorten, stretch, type Samples, type Workload } from "./workloads.js";

const MIDDLE: Workload = { name: "", widths: [256, 256, 256, 10], batch: 128, loss: "crossEntropy" };
const MIDDLE_ROWS = 4096;
const DIGITS: Workload = { name: "", widths: [784, 512, 512, 10], batch: 128, loss: "crossEntropy" };
const DIGITS_ROWS = 10_000;
const WIDE: Workload = { name: "", widths: [768, 8192, 768], batch: 128, loss: "meanSquaredError" };
const WIDE_ROWS = 4000;
const SMALL: Workload = { name: "", widths: [2, 16, 16, 1], batch: 32, loss: "meanSquaredError" };
const SMALL_ROWS = 400;

const GENTLE_RATE = 1e-3; // the weights stay what they were, and no unit dies
const LETHAL_RATE = 4; // of MIDDLE: about 110 of 512 hidden units die in an epoch
const DIGITS_LETHAL_RATE = 0.55; // of DIGITS on inputs from 0 to 1: about 700 of 1024

const MILLISECONDS = 2500;
/** Of rows whose calls take seconds each: so many turns, however long they are. */
const [SLOW_MILLISECONDS, SLOW_TURNS] = [1, 3];

/** A look beside the plain call that its price is told in. */
interface Comparison {
  /** Whose memory both use. */
  readonly network: Network;
  plain(): unknown;
  look(): unknown;
  /** What is wrong with what the look told last. */
  check(): string | undefined;
  dispose(): void;
}

interface LookCase {
  readonly name: string;
  readonly of: "an epoch" | "predict" | "diagnose with proofs";
  readonly wanted: number;
  /** What 0.1 took. */
  readonly was: string;
  readonly isSlow?: boolean;
  readonly make: Make;
}

type Make = (context: Context) => Promise<Comparison>;
type MakeData = () => Samples;

async function priceOf({ of, wanted, was, isSlow, make }: LookCase, context: Context): Promise<Figure> {
  const { network, plain, look, check, dispose } = await make(context);
  const { heap } = stateOf(network).runtime;
  await plain(); // what is taken once for all calls is there
  const memory = { own: await peakMemoryOf(look, heap), beside: await peakMemoryOf(plain, heap) };
  const found = isSlow
    ? await ratios(plain, look, SLOW_MILLISECONDS, SLOW_TURNS)
    : await ratios(plain, look, MILLISECONDS);
  const wrong = check();
  dispose();
  return {
    ...summarize(found),
    unit: `x ${of}`,
    wanted: { atMost: wanted },
    memory,
    note: `0.1: ${was}`,
    ...(wrong !== undefined && { wrong }),
  };
}

const parametersOf = (network: Network): Float32Array[] =>
  network.layers.flatMap((layer) => {
    const { kernel, bias } = layer.getWeights();
    return [kernel, bias];
  });

function sameBits(one: Network, other: Network): string | undefined {
  const others = parametersOf(other);
  const differs = parametersOf(one).some((values, i) => values.some((value, at) => !Object.is(value, others[i]![at])));
  return differs ? "the weights are not those of the plain training" : undefined;
}

/**
 * Epochs of two networks, with and without a callback that looks; where units die each epoch begins with the first
 * weights.
 */
async function epochs(
  workload: Workload,
  data: Samples,
  rate: number,
  callback: PackageCallback,
  check: (network: Network) => string | undefined,
  context: Context,
): Promise<Comparison> {
  const [without, having] = [await create(workload, context), await create(workload, context)];
  const start = without.layers.map((layer) => layer.getWeights());
  const run = (network: Network, callbacks: PackageCallback[]) => () => {
    if (rate !== GENTLE_RATE) network.layers.forEach((layer, i) => layer.setWeights(start[i]!));
    return network.fit(data, {
      epochs: 1,
      batchSize: workload.batch,
      shuffle: false,
      optimizer: sgd({ learningRate: rate }),
      callbacks,
    });
  };
  return {
    network: having,
    plain: run(without, []),
    look: run(having, [callback]),
    check: () => sameBits(without, having) ?? check(having),
    dispose: () => {
      without.dispose();
      having.dispose();
    },
  };
}

function checkDeaths({ deaths }: DeathTrace, network: Network, { x }: Samples, rate: number): string | undefined {
  const dead = diagnose(network, x, { proofs: false }).layers.flatMap(({ units }) =>
    units.filter(({ state }) => state === "dead"),
  );
  const told = new Set(deaths.map(({ layer, unit }) => `${layer} ${unit}`));
  if (dead.some(({ layer, unit }) => !told.has(`${layer} ${unit}`)) || told.size !== dead.length)
    return `${told.size} deaths, and ${dead.length} units dead at the end`;
  return rate === GENTLE_RATE || told.size > 0 ? undefined : "no unit died";
}

function traced(workload: Workload, makeData: MakeData, rate: number): Make {
  return (context) => {
    const [data, trace] = [makeData(), traceDeaths()];
    return epochs(workload, data, rate, trace, (network) => checkDeaths(trace, network, data, rate), context);
  };
}
function checkActivity({ frames, options }: ActivityRecord, network: Network): string | undefined {
  const { layers } = diagnose(network, options.x, { proofs: false });
  const frame = frames.at(-1)!;
  const differs = layers.some(({ units }, i) =>
    units.some((unit, j) => Math.abs(unit.activity - frame.layers[i]![j]!) > 1e-6),
  );
  return differs ? "the last frame is not what diagnose counts" : undefined;
}

function recorded(workload: Workload, makeData: MakeData): Make {
  return (context) => {
    const data = makeData();
    const activity = recordActivity(data.x);
    return epochs(workload, data, GENTLE_RATE, activity, (network) => checkActivity(activity, network), context);
  };
}

const DISTINCT_ROWS = 16; // of those that are checked, which repeat them: float64 needs only these
const TOLERANCE = 1e-5; // of the largest preactivation

/** Beside float64: the largest preactivation of each unit. */
function checkMaxima(network: Network, workload: Workload, look: (x: Samples["x"]) => Diagnosis): string | undefined {
  const distinct = samples(workload, DISTINCT_ROWS);
  const given = look(stretch(distinct, 4 * DISTINCT_ROWS).x).layers;
  const exact = forward(toReference(network), rowsOf(distinct.x));
  const isWrong = given.some(({ units }, layer) => {
    const { z } = exact[layer]!;
    const maxima = units.map((_, unit) => Math.max(...z.map((row) => row[unit]!)));
    const largest = Math.max(...maxima.map(Math.abs));
    return units.some(({ preactivation: { max } }, unit) => !(Math.abs(max - maxima[unit]!) <= TOLERANCE * largest));
  });
  return isWrong ? "a largest preactivation is not float64's" : undefined;
}

/** Looks at the network, whose data they are. */
type Look = (network: Network, data: Samples) => Diagnosis;

/** @param epochs of training at `rate` before it is looked at */
function diagnosed(
  workload: Workload,
  makeData: MakeData,
  look: Look,
  { epochs: trained = 0, rate = GENTLE_RATE }: { epochs?: number; rate?: number } = {},
): Make {
  return async (context) => {
    const data = makeData();
    const network = await create(workload, context);
    if (trained > 0)
      await network.fit(data, { epochs: trained, batchSize: workload.batch, optimizer: sgd({ learningRate: rate }) });
    return {
      network,
      plain: () => network.predict(data.x),
      look: () => look(network, data),
      check: () => checkMaxima(network, workload, (x) => diagnose(network, x, { proofs: false })),
      dispose: () => network.dispose(),
    };
  };
}

/** Targets that a network can learn: which of the first inputs is the largest. */
function learnable({ x }: Samples, classes: number): Samples {
  const y = Array.from({ length: x.rows }, (_, row) => {
    const values = x.data.subarray(row * x.columns, row * x.columns + classes);
    return values.indexOf(Math.max(...values));
  });
  return { x, y };
}

const predict = (network: Network, { x }: Samples): unknown => network.predict(x);

function treated(remedy: Remedy, plain = predict): Make {
  return async (context) => {
    const network = await create(MIDDLE, context);
    const data = samples(MIDDLE, MIDDLE_ROWS);
    await network.fit(data, { epochs: 1, batchSize: MIDDLE.batch, optimizer: sgd({ learningRate: LETHAL_RATE }) });
    let told: { readonly dead: number; readonly left: number; readonly change: number };
    return {
      network,
      plain: () => plain(network, data),
      look: async () => {
        const treatment = await treat(network, data.x, remedy);
        const { before, after, outputChange } = treatment;
        told = { dead: before.dead, left: after.dead, change: outputChange };
        treatment.undo();
      },
      check: () => {
        if (told.dead === 0) return "no unit was dead";
        if (told.left > 0) return `${told.left} units are dead after it`;
        return told.change > 0 ? `outputs changed by ${told.change}` : undefined;
      },
      dispose: () => network.dispose(),
    };
  };
}

function calibrated(workload: Workload, makeData: MakeData): Make {
  return async (context) => {
    const data = makeData();
    const network = await create(workload, context);
    const start = network.layers.map((layer) => layer.getWeights());
    let isGood: boolean;
    return {
      network,
      plain: () => network.predict(data.x),
      look: async () => {
        network.layers.forEach((layer, i) => layer.setWeights(start[i]!));
        const { layers } = await calibrate(network, data.x);
        isGood = layers.every(
          ({ std, activity = { low: 0.5, high: 0.5 } }) =>
            Math.abs(std - 1) <= 0.1 && Math.abs(activity.low - 0.5) < 0.01 && Math.abs(activity.high - 0.5) < 0.01,
        );
      },
      check: () => (isGood ? undefined : "a layer's deviation is not 1, or its units don't fire on half of the rows"),
      dispose: () => network.dispose(),
    };
  };
}

const DRAWN = 30;

/** Dead units of freshly drawn networks, on average and by layer. */
async function meanDead(spec: NetworkSpec, x: Samples["x"]): Promise<number[]> {
  const sum = new Array<number>(spec.layers.length - 1).fill(0);
  for (let seed = 0; seed < DRAWN; seed++) {
    const network = await createNetwork({ ...spec, seed });
    for (const { layer, dead } of diagnose(network, x, { proofs: false }).layers) sum[layer]! += dead / DRAWN;
    network.dispose();
  }
  return sum;
}

async function forecastSeconds(workload: Workload, rows: number, wanted: number, was: string): Promise<Figure> {
  const { x, y } = samples(workload, rows);
  const spec = specOf(workload);
  let told!: Forecast;
  const look = () => (told = forecast(spec, x, { targets: y }));
  const memory = { own: await peakMemoryOf(look) };
  const turns = await byTurns([look], MILLISECONDS, processorTime);
  const dead = await meanDead(spec, x);
  const isWrong = dead.some((mean, layer) => {
    const { expectedDeadUnits, standardError } = told.layers[layer]!;
    // four standard errors: of the forecast's draws, and of a count in DRAWN networks
    return Math.abs(mean - expectedDeadUnits) > 4 * (standardError + Math.sqrt((expectedDeadUnits + 0.05) / DRAWN));
  });
  return {
    ...summarize(turns.map(([seconds]) => seconds!)),
    unit: "s",
    wanted: { atMost: wanted },
    memory,
    note: `0.1: ${was}`,
    ...(isWrong && { wrong: `networks that were drawn have ${dead.join(", ")} dead units` }),
  };
}

/** Pixels are not below 0: far from centred, they kill many units. */
function asPixels({ x, y }: Samples): Samples {
  return { x: { ...x, data: x.data.map((value) => (value + 1) / 2) }, y };
}

const middle: MakeData = () => samples(MIDDLE, MIDDLE_ROWS);
const digits: MakeData = () => samples(DIGITS, DIGITS_ROWS);
const pixels: MakeData = () => asPixels(digits());
const wide: MakeData = () => samples(WIDE, WIDE_ROWS);
const [ofMiddle, ofDigits, ofWide] = [MIDDLE, DIGITS, WIDE].map(({ widths }) => shorten(widths));

const units: Look = (network, { x }) => diagnose(network, x, { proofs: false });
const whole: Look = (network, { x, y }) => diagnose(network, x, { proofs: false, targets: [...y] });

const EPOCHS: readonly Omit<LookCase, "of">[] = [
  { name: `traceDeaths ${ofMiddle}, none dies`, wanted: 1.05, was: "1.14", make: traced(MIDDLE, middle, GENTLE_RATE) },
  {
    name: `traceDeaths ${ofMiddle}, 110 die`,
    wanted: 3,
    was: "31",
    isSlow: true,
    make: traced(MIDDLE, middle, LETHAL_RATE),
  },
  {
    name: `traceDeaths ${ofDigits}, 700 die`,
    wanted: 4,
    was: "about 70",
    isSlow: true,
    make: traced(DIGITS, pixels, DIGITS_LETHAL_RATE),
  },
  { name: `recordActivity ${ofMiddle}`, wanted: 1.1, was: "1.03", make: recorded(MIDDLE, middle) },
  { name: `recordActivity ${ofDigits}`, wanted: 1.1, was: "3.9", isSlow: true, make: recorded(DIGITS, digits) },
];

const PASSES: readonly Omit<LookCase, "of">[] = [
  { name: `diagnose ${ofMiddle}, units`, wanted: 1.3, was: "2.6", make: diagnosed(MIDDLE, middle, units) },
  {
    name: `diagnose ${ofMiddle}, a fifth dead`,
    wanted: 1.3,
    was: "2.6",
    make: diagnosed(MIDDLE, middle, units, { epochs: 1, rate: LETHAL_RATE }),
  },
  {
    name: `diagnose ${ofMiddle}, targets`,
    wanted: 1.6,
    was: "2.6",
    make: diagnosed(MIDDLE, () => learnable(middle(), 10), whole, { epochs: 20, rate: 0.1 }),
  },
  {
    name: `diagnose ${ofWide}, ${WIDE_ROWS} rows`,
    wanted: 1.3,
    was: "2.2",
    isSlow: true,
    make: diagnosed(WIDE, wide, units),
  },
  {
    name: `diagnose ${ofWide}, encoder alone`,
    wanted: 0.65, // its share of the products is half, and 1.3 times that
    was: "2.2",
    isSlow: true,
    make: diagnosed(WIDE, wide, (network, { x }) => diagnose(network, x, { upTo: 0 })),
  },
  { name: "treat liftBias", wanted: 3, was: "7.3", make: treated({ kind: "liftBias" }) },
  { name: "treat recycle", wanted: 3, was: "9.0", make: treated({ kind: "recycle", dormantBelow: 0 }) },
  { name: "treat prune, bounds alone", wanted: 3, was: "8.4", make: treated({ kind: "prune", budget: 0 }) },
  { name: `calibrate ${ofMiddle}`, wanted: 4, was: "13", make: calibrated(MIDDLE, middle) },
  { name: `calibrate ${ofDigits}`, wanted: 4, was: "22 s", isSlow: true, make: calibrated(DIGITS, digits) },
];

/** Where the proofs take nearly all of the time. */
const PROVED: readonly Omit<LookCase, "of">[] = [
  {
    name: "treat prune, its proofs",
    wanted: 1.1,
    was: "8.4 of predict",
    isSlow: true,
    make: treated({ kind: "prune" }, (network, { x }) => diagnose(network, x, { proofs: true })),
  },
];

function forecastCase(workload: Workload, rows: number, wanted: number, was: string): Case {
  return {
    name: `looking: forecast ${shorten(workload.widths)}, ${rows} rows`,
    onDemand: true,
    run: () => forecastSeconds(workload, rows, wanted, was),
  };
}

/** Of an encoder: rows that need not fit in memory. */
const ENCODER: Workload = { name: "", widths: [768, 24_576, 768], batch: 128, loss: "meanSquaredError" };
const [ENCODER_ROWS, ENCODER_BLOCK] = [100_000, 1000];
const MOST_MEGABYTES = 1500;

async function diagnoseBlocks(context: Context): Promise<Figure> {
  const network = await create(ENCODER, context, Math.min(2, context.cores));
  const { x } = samples(ENCODER, ENCODER_BLOCK);
  const blocks = function* () {
    for (let start = 0; start < ENCODER_ROWS; start += ENCODER_BLOCK) yield x; // the same again and again
  };
  const [first, once] = [performance.now(), diagnose(network, x, { upTo: 0 })];
  const begin = performance.now();
  let told!: Diagnosis;
  const look = async () => (told = await diagnose(network, { rows: ENCODER_ROWS, blocks }, { upTo: 0 }));
  const memory = { own: await peakMemoryOf(look, stateOf(network).runtime.heap) };
  const seconds = (performance.now() - begin) / 1000;
  const megabytes = process.resourceUsage().maxRSS / 1024;
  const expected = once.layers[0]!.units;
  const differs = told.layers[0]!.units.some(
    ({ state, activity, preactivation }, unit) =>
      state !== expected[unit]!.state ||
      Math.abs(activity - expected[unit]!.activity) > 1e-12 ||
      preactivation.max !== expected[unit]!.preactivation.max,
  );
  network.dispose();
  const ofOne = ((begin - first) * ENCODER_ROWS) / ENCODER_BLOCK / 1000;
  return {
    value: seconds,
    unit: "s",
    wanted: { atMost: 100 },
    memory,
    note: `${megabytes.toFixed(0)} MB at most, ${MOST_MEGABYTES} wanted; at the pace of one block in memory ${ofOne.toFixed(0)} s`,
    ...(differs && { wrong: "units are not judged as on the block that all blocks are" }),
  };
}

export function lookingCases(context: Context): Case[] {
  const priced = (of: LookCase["of"], cases: readonly Omit<LookCase, "of">[]) =>
    cases.map((each): Case => ({
      name: `looking: ${each.name}`,
      onDemand: true,
      run: () => priceOf({ ...each, of }, context),
    }));
  return [
    ...priced("an epoch", EPOCHS),
    ...priced("predict", PASSES),
    ...priced("diagnose with proofs", PROVED),
    forecastCase(MIDDLE, MIDDLE_ROWS, 0.1, "0.27 s"),
    forecastCase(SMALL, SMALL_ROWS, 0.05, "1.2 s"),
    {
      name: `looking: diagnose blocks, ${shorten(ENCODER.widths)} up to its first layer, ${ENCODER_ROWS} rows`,
      onDemand: true,
      run: () => diagnoseBlocks(context),
    },
  ];
}
