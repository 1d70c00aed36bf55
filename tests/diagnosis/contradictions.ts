// Tries to catch a diagnosis lying about the input box: by sampling it densely, in float64 and on the kernels, and by
// its own waking inputs.
import { toReference } from "../support/networks.js";
import { diagnose, type Diagnosis, type Network } from "../../src/index.js";
import { forward, type ReferenceLayer, type Rows } from "../reference/network.js";

export interface Interval {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

/** All corners up to eight inputs, points within and points on faces; all are float32. */
export function sampleBox({ low, high }: Interval, random: () => number, count = 48): Rows {
  const inputs = low.length;
  const corners = Array.from({ length: 2 ** Math.min(inputs, 8) }, (_, bits) =>
    low.map((value, i) => ((i < 8 ? bits >> i : random() * 2) & 1 ? high[i]! : value)),
  );
  const within = (value: number, i: number) =>
    Math.min(high[i]!, Math.max(value, Math.fround(value + random() * (high[i]! - value))));
  const end = (value: number, i: number) => (random() < 0.5 ? value : high[i]!);
  const points = Array.from({ length: count }, (_, k) =>
    low.map((value, i) => (k % 2 === 1 && random() < 0.5 ? end(value, i) : within(value, i))),
  );
  return [...corners, ...points].map((row) => row.map(Math.fround));
}

/**
 * With batch normalization, by its running statistics, as part of kernel and bias; sizes[layer][unit] of what bias is
 * the sum of.
 */
function foldedReference(network: Network): { reference: ReferenceLayer[]; sizes: number[][] } {
  const sizes: number[][] = [];
  const reference = toReference(network).map((layer, l) => {
    const { gamma, beta, runningMean, runningVariance } = network.layers[l]!.getWeights();
    const { normalization } = network.spec.layers[l]!;
    if (!gamma) {
      sizes.push(layer.bias.map(Math.abs));
      return layer;
    }
    const epsilon = (typeof normalization === "object" && normalization.epsilon) || 1e-5;
    const slope = [...gamma].map((value, j) => value / Math.sqrt(runningVariance![j]! + epsilon));
    sizes.push(
      slope.map((s, j) => Math.abs(s) * (Math.abs(layer.bias[j]!) + Math.abs(runningMean![j]!)) + Math.abs(beta![j]!)),
    );
    const kernel = layer.kernel.map((row) => row.map((weight, j) => weight * slope[j]!));
    return { ...layer, kernel, bias: slope.map((s, j) => s * (layer.bias[j]! - runningMean![j]!) + beta![j]!) };
  });
  return { reference, sizes };
}

/** What is wrong with the proofs of a diagnosis, batch normalization included; nothing, if it is honest. */
export function findContradictions(
  network: Network,
  box: Interval,
  diagnosis: Diagnosis,
  random: () => number,
): string[] {
  const samples = sampleBox(box, random);
  const { reference, sizes } = foldedReference(network);
  const exact = forward(reference, samples);
  const kernels = diagnose(network, samples).layers;
  const wrong: string[] = [];
  for (const { layer, unit, state, proof, wakingInput } of diagnosis.layers.flatMap(({ units }) => units)) {
    const name = `layer ${layer}, unit ${unit}`;
    if ((proof !== undefined) !== (state === "dead")) wrong.push(`${name} is ${state} with proof ${proof}`);
    if ((wakingInput !== undefined) !== (proof === "refuted"))
      wrong.push(`${name}: ${proof} with${wakingInput ? "" : "out"} a waking input`);
    if (proof === "provenDead") {
      const highest = Math.max(...exact[layer]!.z.map((row) => row[unit]!));
      // Where float64 rounds, exactly 0 may look like a little more.
      const size = Math.max(
        ...samples.map((row, r) =>
          (layer === 0 ? row : exact[layer - 1]!.a[r]!).reduce(
            (sum, a, i) => sum + Math.abs(a * reference[layer]!.kernel[i]![unit]!),
            sizes[layer]![unit]!,
          ),
        ),
      );
      if (highest > 1e-14 * size) wrong.push(`${name}: proved closed, yet ${highest} in float64`);
      if (kernels[layer]!.units[unit]!.preactivation.max > 0)
        wrong.push(`${name}: proved closed, yet ${kernels[layer]!.units[unit]!.preactivation.max} on the kernels`);
    }
    if (wakingInput) {
      const z = forward(reference, [[...wakingInput]])[layer]!.z[0]![unit]!;
      if (!(z > 0)) wrong.push(`${name}: its waking input gives ${z}`);
      if (wakingInput.some((value, i) => !(value >= Math.fround(box.low[i]!) && value <= Math.fround(box.high[i]!))))
        wrong.push(`${name}: its waking input is outside the box`);
      if (!(diagnose(network, [[...wakingInput]]).layers[layer]!.units[unit]!.preactivation.max > 0))
        wrong.push(`${name}: its waking input opens nothing on the kernels`);
    }
  }
  return wrong;
}
