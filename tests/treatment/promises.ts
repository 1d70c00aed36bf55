// What each remedy promises, checked on a treatment: by the float64 reference, by bits where bits are promised.
import { isDead } from "../casebook/truth.js";
import { toReference } from "../support/networks.js";
import { forward, outputs, type ReferenceLayer, type Rows } from "../reference/network.js";
import type { Network, Remedy, Treatment } from "../../src/index.js";
import { stateOf } from "../../src/network/state/state.js";

/** The whole of a network's memory: parameters, running statistics, moments, powers, step counts, spec. */
export function memoryOf(network: Network): unknown {
  const state = stateOf(network);
  const { lastMoments, parameterFloats, weightFloats } = state;
  const floats = (address: number, count: number) =>
    new Uint32Array(state.floats(address, count).slice().buffer).join();
  const bits = (address: number) => floats(address, parameterFloats);
  return {
    parameters: floats(state.parameters, weightFloats),
    slots: lastMoments?.slots.map(bits),
    powers: { ...lastMoments?.powers },
    optimizer: lastMoments?.recipe,
    steps: state.stepCounts?.join(),
    epochsBegun: state.epochsBegun,
    redraws: state.redraws,
    spec: JSON.stringify(network.spec),
  };
}

/** A network before its treatment, as far as the promises speak of it. */
export interface Before {
  readonly layers: ReferenceLayer[];
  readonly logits: Float32Array;
}

export function before(network: Network, x: Rows): Before {
  return { layers: toReference(network), logits: network.predict(x, { logits: true }).data };
}

const key = ({ layer, unit }: { layer: number; unit: number }) => `${layer}.${unit}`;
const largest = (values: readonly number[]) => values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
const difference = (a: Rows, b: Rows) => largest(a.flatMap((row, r) => row.map((value, c) => value - b[r][c])));

/** The largest sum of sizes that any output adds up, layer by layer: what its rounding errors are relative to. */
export function scaleOf(layers: readonly ReferenceLayer[], x: Rows): number {
  return forward(layers, x).reduce((most, { z }, index) => {
    const sizes = index === 0 ? x : forward(layers, x)[index - 1].a;
    return Math.max(
      most,
      largest(z.flat()),
      ...sizes.map((row) =>
        Math.max(
          ...layers[index].bias.map((bias, unit) =>
            row.reduce((sum, value, i) => sum + Math.abs(value * layers[index].kernel[i][unit]), Math.abs(bias)),
          ),
        ),
      ),
    );
  }, 1e-30);
}

function deadUnits(layers: readonly ReferenceLayer[], x: Rows): string[] {
  const passes = forward(layers, x);
  return layers
    .slice(0, -1)
    .flatMap((layer, index) =>
      layer.bias.flatMap((_, unit) => (isDead(layer, passes[index], unit) ? [key({ layer: index, unit })] : [])),
    );
}

/** Units whose own weights, bias or slope are not as before; their outgoing weights belong to the units above. */
function changedUnits(
  old: readonly ReferenceLayer[],
  now: readonly ReferenceLayer[],
): { incoming: string[]; rows: string[] } {
  const incoming: string[] = [],
    rows: string[] = [];
  old.forEach((layer, index) => {
    layer.bias.forEach((bias, unit) => {
      const same =
        Object.is(bias, now[index].bias[unit]) &&
        layer.kernel.every((row, i) => Object.is(row[unit], now[index].kernel[i][unit]));
      if (!same) incoming.push(key({ layer: index, unit }));
    });
    if (index > 0)
      layer.kernel.forEach(
        (row, i) =>
          row.some((w, j) => !Object.is(w, now[index].kernel[i][j])) && rows.push(key({ layer: index - 1, unit: i })),
      );
  });
  return { incoming, rows };
}

type Check = (treatment: Treatment, old: Before, now: ReferenceLayer[], x: Rows, isExact: boolean) => string[];

function says(holds: boolean, complaint: string): string[] {
  return holds ? [] : [complaint];
}

function checkLift(
  { remedy, treated, findings, outputChange }: Treatment,
  old: Before,
  now: ReferenceLayer[],
  x: Rows,
  isExact: boolean,
): string[] {
  const { activity } = remedy as { activity: number };
  const passes = forward(now, x);
  const rounding = 1e-6 * scaleOf(now, x); // equal preactivations may differ in float32, and a unit open by as little
  const shares = treated.flatMap(({ layer, unit, activity: said }) => {
    const opened = passes[layer].z.filter((row) => row[unit] > 0).length;
    const missed = Math.abs(opened - activity * x.length) > 1 + 1e-9;
    const excused = findings.some(({ kind, layer: of }) => kind === "shareNotReached" && of === layer);
    const distinct = new Set(passes[layer].z.map((row) => row[unit])).size;
    return [
      ...says(
        !isExact || opened / x.length === said,
        `${key({ layer, unit })} opens on ${opened} of ${x.length}, said is ${said}`,
      ),
      ...says(
        !isExact || !missed || (excused && distinct < x.length),
        `${key({ layer, unit })} opens on ${opened} of ${x.length}, expected ${activity}`,
      ),
      ...says(
        passes[layer].z.some((row) => row[unit] > (isExact ? 0 : -rounding)),
        `${key({ layer, unit })} does not open`,
      ),
    ];
  });
  const dead = deadUnits(old.layers, x);
  return [
    ...shares,
    ...says(!isExact || treated.map(key).join() === dead.join(), `treated ${treated.map(key)}, dead were ${dead}`),
    ...says(outputChange === 0, `outputs changed by ${outputChange}`),
    ...says(
      changedUnits(old.layers, now).rows.every((row) => treated.some((each) => key(each) === row)),
      "a unit's outgoing weights changed that was not treated",
    ),
    ...says(!isExact || deadUnits(now, x).length === 0, `dead afterwards: ${deadUnits(now, x)}`),
  ];
}

const checkOpenSamples: Check = ({ treated, findings, outputChange }, old, now, x, isExact) => {
  const passes = forward(now, x);
  const closed = now.slice(0, -1).flatMap((layer, index) => {
    const rows = passes[index].z.filter((row) => row.every((z) => z <= 0)).length;
    return layer.activation.name === "relu"
      ? says(!isExact || rows === 0, `${rows} rows open no unit of layer ${index}`)
      : [];
  });
  const dead = new Set(deadUnits(old.layers, x));
  const isOfDead = treated.every((unit) => dead.has(key(unit)));
  return [
    ...closed,
    ...says(
      !isOfDead || outputChange === 0,
      `outputs changed by ${outputChange} although dead units alone were lifted`,
    ),
    ...says(!isExact || isOfDead !== findings.some(({ kind }) => kind === "livingUnitsToo"), "living units, unsaid"),
  ];
};

const checkRecycle: Check = ({ treated, findings, after }, old, now, x, isExact) => {
  const touched = new Set(treated.map(key));
  const last = now.length - 1;
  return [
    ...says(
      deadUnits(old.layers, x).every((unit) => !isExact || touched.has(unit)),
      "a dead unit was not recycled",
    ),
    ...says(
      after.dead === 0 &&
        (!isExact || deadUnits(now, x).length === 0) &&
        !findings.some(({ kind }) => kind === "stillDead"),
      `dead afterwards: ${after.dead}`,
    ),
    ...treated
      .filter(({ layer }) => layer < last)
      .flatMap(({ layer, unit }) =>
        says(
          now[layer + 1].kernel[unit].every((w, j) => w === 0 || touched.has(key({ layer: layer + 1, unit: j }))),
          `${key({ layer, unit })} has outgoing weights to units that were not recycled`,
        ),
      ),
    ...says(
      changedUnits(old.layers, now).rows.every((row) => touched.has(row) || Number(row.split(".")[0]) < last),
      "outgoing weights",
    ),
  ];
};

const checkReinitialize: Check = ({ treated, findings, after }, old, now) => {
  const touched = new Set(treated.map(key));
  const { incoming } = changedUnits(old.layers, now);
  return [
    ...says(
      incoming.every((unit) => touched.has(unit)),
      `changed: ${incoming}, treated: ${[...touched]}`,
    ),
    ...says(
      (after.dead === 0) === !findings.some(({ kind }) => kind === "stillDead"),
      "what is still dead is not said",
    ),
  ];
};

const checkReplace: Check = ({ remedy, findings, after, network }, old, now, x, isExact) => {
  const { activation } = remedy as { activation: { name: string; alpha?: number } };
  const { incoming } = changedUnits(old.layers, now);
  const hidden = network.layers.slice(0, -1);
  return [
    ...says(incoming.length === 0, `weights changed: ${incoming}`),
    ...says(
      hidden.every(
        ({ activation: is }, i) =>
          is.name === activation.name || (is.name === old.layers[i].activation.name && is.name !== "relu"),
      ),
      "a relu layer was left",
    ),
    ...says(
      (after.dead === 0) === !findings.some(({ kind }) => kind === "stillDead"),
      "what is still dead is not said",
    ),
    ...says(
      !isExact || activation.name !== "leakyRelu" || deadUnits(now, x).length === 0 || after.dead > 0,
      "dead in truth, and not said",
    ),
  ];
};

const checkPrune: Check = ({ treated, outputChange, network, findings }, old, now, x, isExact) => {
  const isFolded =
    treated.some(({ action }) => action === "folded") && !findings.some(({ kind }) => kind === "constantNetwork");
  const logits = network.predict(x, { logits: true }).data;
  const wrong = [
    ...says(
      isFolded || logits.every((value, i) => value === old.logits[i]),
      "nothing was folded, and an output has other bits",
    ),
    ...says(
      outputChange <= 2e-6 * scaleOf(old.layers, x),
      `outputs changed by ${outputChange}, on a scale of ${scaleOf(old.layers, x)}`,
    ),
    ...says(!isExact || deadUnits(now, x).length === 0, `dead afterwards: ${deadUnits(now, x)}`),
  ];
  if (!findings.some(({ kind }) => kind === "lossless")) return wrong;
  return [
    ...wrong,
    ...says(
      difference(outputs(old.layers, probes(x)), outputs(now, probes(x))) <= 1e-5 * scaleOf(old.layers, probes(x)),
      "lossless was said, and an input in the box has another output",
    ),
  ];
};

/** Inputs within the range of each column, the corners among them. */
function probes(x: Rows): Rows {
  const low = x[0].map((_, c) => Math.min(...x.map((row) => row[c])));
  const high = x[0].map((_, c) => Math.max(...x.map((row) => row[c])));
  const at = (k: number, c: number) =>
    k < 2 ** Math.min(8, low.length) ? (k >> c) & 1 : (k * 0.6180339887 * (c + 1)) % 1;
  return Array.from({ length: 400 }, (_, k) => low.map((from, c) => from + at(k, c) * (high[c] - from)));
}

const CHECKS: Readonly<Record<Remedy["kind"], Check>> = {
  liftBias: checkLift,
  openSamples: checkOpenSamples,
  recycle: checkRecycle,
  reinitialize: checkReinitialize,
  replaceActivation: checkReplace,
  prune: checkPrune,
};

/**
 * What is wrong with a treatment.
 * @param isExact float32 computes the network without rounding, or far from any threshold: float64 and the kernels must
 * agree on every sign
 */
export function brokenPromises(treatment: Treatment, old: Before, x: Rows, isExact: boolean): string[] {
  const { network, findings, treated, outputChange } = treatment;
  const now = toReference(network);
  const didNothing = findings.some(({ kind }) => kind === "nothingToTreat");
  if (didNothing)
    return [
      ...says(treated.length === 0 && outputChange === 0 && treatment.after === treatment.before, "something was done"),
      ...says(now.length === old.layers.length, "the network is another"),
    ];
  const truth = difference(outputs(old.layers, x), outputs(now, x));
  const tolerance = 1e-5 * Math.max(scaleOf(old.layers, x), scaleOf(now, x));
  return [
    ...says(treated.length > 0, "nothing was treated, and that is not said"),
    ...says(Math.abs(truth - outputChange) <= tolerance, `outputChange is ${outputChange}, in float64 ${truth}`),
    ...CHECKS[treatment.remedy.kind](treatment, old, now, x, isExact),
  ];
}
