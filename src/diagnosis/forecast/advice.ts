// What a forecast advises, each sentence with its figures, and how it looks in a terminal.
import { isRectifier } from "../../activations/activations.js";
import type { Matrix } from "../../core/matrix.js";
import { alignColumns } from "../../text/columns.js";
import { countOf, formatCount, formatNumber, formatPercent, formatRange, formatRate } from "../../text/numbers.js";
import { indent, wrap } from "../../text/wrap.js";
import { constantBias } from "../../network/initializer-spec.js";
import type { ResolvedDenseSpec, ResolvedSpec } from "../../network/spec.js";
import { forecastLayersOf } from "./born-dead.js";
import type { Forecast, LayerForecast } from "./types.js";

const LIKELY = 0.05;
/** A layer of so many units is closed at one input in 1.6 % of starts, of one more in less than 1 %. */
const NARROW = 6;
/** Of a layer's units, from which on their death is worth a sentence. */
const MANY = 0.05;
/** |mean| of the inputs over their spread, from which on they count as far from centred. */
const FAR = 1;

/** Two digits: draws and bounds bear out no more. */
const figure = (value: number) => formatNumber(value, 2);
const percentRange = (low: number, high: number) => formatRange(low, high, formatPercent, " to ");

/** |mean|/spread over all columns (Simon 2026); Infinity for rows that are all the same. */
function distanceFromCentre({ rows, columns, data }: Matrix): number {
  let mean2 = 0;
  let variance = 0;
  for (let c = 0; c < columns; c++) {
    let sum = 0;
    let squares = 0;
    for (let r = 0; r < rows; r++) sum += data[r * columns + c];
    const mean = sum / rows;
    for (let r = 0; r < rows; r++) squares += (data[r * columns + c] - mean) ** 2;
    mean2 += mean * mean;
    variance += squares / rows;
  }
  return Math.sqrt(mean2) / Math.sqrt(variance);
}

const deadText = ({ layer, units, expectedDeadUnits }: LayerForecast) =>
  `${figure(expectedDeadUnits)} of ${formatCount(units)} units of layer ${layer}`;

function adviseOnBias(spec: ResolvedSpec, layers: readonly LayerForecast[]): string[] {
  return layers
    .filter(
      ({ layer, units, expectedDeadUnits }) =>
        constantBias(spec.layers[layer].biasInitializer) < 0 && expectedDeadUnits > MANY * units,
    )
    .map(
      (layer) =>
        `The bias of ${formatNumber(constantBias(spec.layers[layer.layer].biasInitializer))} starts ${deadText(layer)} closed ` +
        "on every input: start at 0 or a little above.",
    );
}

function adviseOnInputs(spec: ResolvedSpec, x: Matrix | undefined, [first]: readonly LayerForecast[]): string[] {
  if (
    x === undefined ||
    x.rows < 2 ||
    first.expectedDeadUnits <= MANY * first.units ||
    constantBias(spec.layers[0].biasInitializer) < 0
  )
    return [];
  const distance = distanceFromCentre(x);
  const isPositive = x.data.every((value) => value >= 0);
  if (distance <= FAR && !isPositive) return [];
  const what = [
    isPositive ? "no input is below 0" : "",
    distance > FAR && Number.isFinite(distance) ? `their mean is ${figure(distance)} times their spread from 0` : "",
  ].filter(Boolean);
  return [
    `The inputs are not centred (${what.join(", ") || "all rows are the same"}), and ${deadText(first)} ` +
      "start closed on every one: subtract each column's mean.",
  ];
}

function adviseOnShape(spec: ResolvedSpec, { low, high }: Forecast["bornDeadNetwork"]): string[] {
  const isRelu = ({ activation }: ResolvedDenseSpec) => isRectifier(activation.name);
  const relu = forecastLayersOf(spec).filter(isRelu);
  if (low <= LIKELY || relu.some(({ biasInitializer }) => constantBias(biasInitializer) < 0)) return [];
  const chance = high - low < 0.005 ? formatPercent(low) : percentRange(low, high);
  const output = spec.layers[spec.layers.length - 1];
  const hidden = relu.filter((layer) => layer !== output);
  const narrowest = Math.min(...hidden.map(({ units }) => units));
  const parts = [
    ...(hidden.length > 0
      ? [`${countOf(hidden.length, "hidden relu layer")}, the narrowest of ${countOf(narrowest, "unit")}`]
      : []),
    ...(isRelu(output) ? [`a relu output of ${countOf(output.units, "unit")}`] : []),
  ];
  const cures = [
    ...(isRelu(output) ? ["Make the last layer linear (softplus where outputs must be positive)."] : []),
    ...(narrowest <= NARROW || !isRelu(output)
      ? ['Use wider or fewer layers, leakyRelu, or the "asymmetric" initializer.']
      : []),
  ];
  return [`The network is born dead with a chance of ${chance}: it has ${parts.join(", and ")}. ${cures.join(" ")}`];
}

function adviseOnRate(lethal: Forecast["lethalRates"], learningRate: number | undefined): string[] {
  const deadly = learningRate === undefined ? undefined : lethal?.findLast(({ rate }) => learningRate >= rate);
  if (deadly === undefined) return [];
  const closed = deadly.units === 1 ? "a first unit" : `${formatCount(deadly.units)} hidden units`;
  return [
    `The learning rate of ${formatNumber(learningRate!)} is likely to kill: one plain gradient step at ` +
      `${figure(deadly.rate)} closes ${closed} (${formatPercent(deadly.share)} of the open ones). ` +
      `Stay below ${formatRate(lethal![0].rate)}.`,
  ];
}

export function advise(
  spec: ResolvedSpec,
  x: Matrix | undefined,
  forecast: Pick<Forecast, "bornDeadNetwork" | "layers" | "lethalRates">,
  learningRate: number | undefined,
): string[] {
  const { bornDeadNetwork, layers, lethalRates } = forecast;
  if (layers.length === 0) return ["The network has no layers that can be closed: nothing in it can die."];
  const advice = [
    ...adviseOnShape(spec, bornDeadNetwork),
    ...adviseOnBias(spec, layers),
    ...adviseOnInputs(spec, x, layers),
    ...adviseOnRate(lethalRates, learningRate),
  ];
  const silent = layers.filter(({ units, expectedDeadUnits }) => expectedDeadUnits > MANY * units);
  if (advice.length === 0 && silent.length > 0)
    return [
      `On these inputs ${silent.map(deadText).join(", ")} start closed: ` +
        "leakyRelu or a small positive bias opens them.",
    ];
  return advice.length > 0 ? advice : ["Nothing here is likely to kill many units at the start."];
}

const METHODS = { exact: "exact", bounds: "certain", monteCarlo: "with 95 % confidence" } as const;

const indentedTable = (title: string, rows: readonly (readonly string[])[]) =>
  rows.length > 0 ? ["", title, ...indent(alignColumns(rows, []))] : [];

export function drawForecast({
  bornDeadNetwork: { low, high, method },
  layers,
  lethalRates,
  inputs,
  draws,
  advice,
}: Forecast): string {
  const chance = `${percentRange(low, high)} (${METHODS[method]})`;
  const rows = layers.map((layer) => [
    `layer ${layer.layer}`,
    `${figure(layer.expectedDeadUnits)} of ${formatCount(layer.units)} units closed`,
    layer.method === "exact" ? "exact" : `± ${figure(layer.standardError)} (standard error)`,
  ]);
  const rates = (lethalRates ?? []).map(({ units, share, rate }) => [
    `rate ${figure(rate)}`,
    `closes ${countOf(units, "unit")} (${formatPercent(share)})`,
  ]);
  return [
    wrap(`Forecast over ${formatCount(draws)} initial networks, on ${inputs}`),
    wrap(`Born dead, a layer silent on every input: ${chance}`),
    ...indentedTable("Closed at the start on every input, on average:", rows),
    ...indentedTable("One plain gradient step (deeper layers: their inputs held as they were):", rates),
    "",
    ...advice.map((sentence) => wrap(sentence)),
  ].join("\n");
}
