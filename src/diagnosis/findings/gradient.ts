// Does the gradient reach the first layer? A few samples go through the network and back, by the kernels, in buffers of
// their own. Hochreiter 1991; Glorot and Bengio 2010: the sigmoid's slope is at most 1/4, so that n layers of it let at
// most 4^-n through unless the weights make up for it.
import { closedLayer, type Evidence } from "./evidence.js";
import { countOf, formatNumber } from "../../text/numbers.js";
import type { Finding } from "../types.js";
import type { Matrix } from "../../core/matrix.js";
import { BatchBuffers } from "../../network/state/batch-buffers.js";
import type { PreparedTargets } from "../../network/data.js";
import { Passes } from "../../network/state/passes.js";
import type { NetworkState } from "../../network/state/state.js";
import { type ActivationName, isRectifier } from "../../activations/activations.js";
import { analysisOf } from "../../activations/analysis.js";
import { activationCode } from "../../wasm/abi.js";
import { Arena } from "../../wasm/heap.js";

const SAMPLES = 64;
/**
 * The gradient's norm as it arrives at the last hidden layer over that which leaves the first: from here on it vanishes
 * in layers of sigmoid or tanh ...
 */
const VANISHING = 10;
/** ... if each of them lets through less than a third on average, as no healthy tanh does; */
const LAYER_FACTOR = 1 / 3;
/**
 * in others from here on: closed relus make the norm smaller, yet let the rest through whole. Healthy layers of all
 * kinds keep it within 10 times (measured, 20 layers).
 */
const VANISHED = 1000;
/** Where slopes let through less than this, they are what is named. */
const FLAT = 0.5;

/** Norms per sample of the gradient by a layer's activations, and by its preactivations. */
interface LayerNorms {
  readonly arriving: number;
  readonly passed: number;
}

function pick(
  x: Matrix,
  targets: PreparedTargets | undefined,
): { x: Matrix; y: PreparedTargets | undefined; rows: number } {
  const rows = Math.min(SAMPLES, x.rows);
  const indices = Array.from({ length: rows }, (_, i) => Math.floor((i * x.rows) / rows));
  const take = (data: Float32Array, columns: number) => {
    const taken = new Float32Array(rows * columns);
    indices.forEach((index, i) => taken.set(data.subarray(index * columns, (index + 1) * columns), i * columns));
    return taken;
  };
  const y =
    targets?.kind === "labels"
      ? { ...targets, labels: Int32Array.from(indices, (index) => targets.labels[index]) }
      : targets && { ...targets, data: take(targets.data, targets.columns) };
  return { x: { rows, columns: x.columns, data: take(x.data, x.columns) }, y, rows };
}

function normAt(state: NetworkState, address: number, rows: number, units: number): number {
  let sum = 0;
  for (const value of state.floats(address, rows * units)) sum += value * value;
  return Math.sqrt(sum / rows);
}

/** From the outputs' gradient in gradient(0) down; what Passes.backward does, without the parameters' part. */
function goBack(state: NetworkState, buffers: BatchBuffers, rows: number): LayerNorms[] {
  const {
    runtime: { kernels, workspace },
    spec,
    layout,
    parameters,
  } = state;
  const norms: LayerNorms[] = [];
  for (let index = spec.layers.length - 1, turn = 0; index >= 0; index--, turn++) {
    const { units, activation } = spec.layers[index];
    const { kernel, alpha } = layout.layers[index];
    const inputs = state.inputsOf(index);
    const dz = buffers.gradient(turn);
    const arriving = normAt(state, dz, rows, units);
    kernels.activationBackward(
      activationCode(activation.name),
      activation.alpha ?? 0,
      alpha === undefined ? 0 : parameters + alpha,
      rows,
      units,
      buffers.preactivations(index),
      dz,
      dz,
      0,
      0,
    );
    norms[index] = { arriving, passed: normAt(state, dz, rows, units) };
    if (index > 0)
      kernels.gemm(
        rows,
        inputs,
        units,
        dz,
        units,
        1,
        parameters + kernel,
        1,
        units,
        0,
        buffers.gradient(turn + 1),
        inputs,
        workspace,
      );
  }
  return norms;
}

function measureGradient({ state, x, targets }: Evidence): LayerNorms[] {
  const { runtime, spec, layout, parameters } = state;
  const scratch = new Arena(runtime.heap);
  try {
    const buffers = new BatchBuffers(spec, runtime.heap, scratch, true);
    const passes = new Passes(runtime, spec, layout, buffers, parameters);
    const few = pick(x, targets);
    buffers.ensure(few.rows, true);
    if (few.y) passes.gather({ rows: few.rows, x: few.x, views: [], y: few.y }, 0, few.rows, 0);
    else passes.copyInputs(few.x, 0, few.rows);
    passes.forward(few.rows, "fired");
    if (few.y) passes.loss(few.rows, few.y.kind, true);
    else runtime.kernels.fillNormal(few.rows * spec.layers.at(-1)!.units, buffers.gradient(0), 1, 0, 0, 0, 0, 1);
    return goBack(state, buffers, few.rows);
  } finally {
    scratch.dispose();
  }
}

/**
 * The share that the slopes of layers 0 to `top` let through, on average over the layers; nothing is said of layers
 * that nothing reaches.
 */
function slopeFactor(norms: readonly LayerNorms[], top: number): number {
  const factors = norms
    .slice(0, top + 1)
    .filter(({ arriving }) => arriving > 0)
    .map(({ arriving, passed }) => passed / arriving);
  return Math.exp(factors.reduce((sum, factor) => sum + Math.log(factor), 0) / factors.length);
}

/** " (a sigmoid's slope is at most 1/4)", where the activation by itself makes the gradient smaller. */
function boundText(name: ActivationName): string {
  const { slopeBound } = analysisOf(name);
  return slopeBound === undefined ? "" : ` (a ${name}'s slope is at most ${slopeBound})`;
}

export function findVanishing(evidence: Evidence): Finding[] {
  const { hidden, x, targets } = evidence;
  const top = hidden.length - 1;
  const bending = hidden.every(({ activation }) => analysisOf(activation).isTwoSided);
  if (top < (bending ? 0 : 1) || closedLayer(evidence) >= 0) return [];
  const norms = measureGradient(evidence);
  // Norms shrink where layers get narrower on the way down, means where they get wider: what shrinks by width alone
  // does not vanish.
  const widths = [hidden[0].units.length, hidden[top].units.length];
  const isWider = widths[0] >= widths[1];
  const [first, above] = [norms[0].passed, norms[top].arriving].map((norm, i) =>
    isWider ? norm : norm / Math.sqrt(widths[i]),
  );
  const shrinks = above / first;
  const vanishes = bending
    ? shrinks >= VANISHING && shrinks ** (-1 / hidden.length) <= LAYER_FACTOR
    : shrinks >= VANISHED && shrinks < Infinity;
  if (!vanishes) return [];
  const slopes = slopeFactor(norms, top);
  const names = [...new Set(hidden.map(({ activation }) => activation))];
  const blame =
    slopes < FLAT
      ? `the slopes of ${names.join(", ")} let ${formatNumber(slopes)} of it through a layer on average` +
        names.map(boundText).join("")
      : "small weights let little of it through";
  const way = top === 0 ? "in layer 0" : `from layer ${top} down through layer 0`;
  const measure = isWider ? "norm" : "root mean square";
  const factor = first === 0 ? "to nothing" : `${formatNumber(shrinks)} times`;
  const source = targets ? "of the loss" : "of outputs pushed at random";
  return [
    {
      kind: "vanishingGradient",
      message:
        `The gradient's ${measure} shrinks ${factor} ${way} (${formatNumber(above)} to ${formatNumber(first)} on ` +
        `${countOf(Math.min(SAMPLES, x.rows), "sample")}, ${source}): ${blame}.`,
      advice:
        slopes < FLAT && !names.some(isRectifier)
          ? "Use relu with heNormal weights, fewer layers, or smaller weights where units are saturated."
          : "Start with larger weights (heNormal for relu, glorotUniform for tanh), or with fewer layers.",
      layer: 0,
    },
  ];
}
