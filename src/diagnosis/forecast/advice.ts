// What a forecast advises, each sentence with its figures, and how it looks in a terminal.
import { isRectifier } from "../../activations/activations.js";
import type { Matrix } from "../../core/matrix.js";
import { alignColumns } from "../../text/columns.js";
import { countOf, formatCount, formatNumber, formatPercent, formatRange, formatRate } from "../../text/numbers.js";
import { indent, wrap } from "../../text/wrap.js";
import { constantBias } from "../../network/initializer-spec.js";
import type { ResolvedDenseSpec, ResolvedSpec } from "../../network/spec.js";
import { type InputJudgement, judgeInputs, statisticsOf } from "../inputs/judge-inputs.js";
import { findOutlierColumns } from "../inputs/outliers.js";
import { forecastLayersOf, NARROW } from "./born-dead.js";
import type { Forecast, LayerForecast } from "./types.js";

const LIKELY = 0.05;
/** Of a layer's units, from which on their death is worth a sentence. */
const MANY = 0.05;

/** Two digits: draws and bounds bear out no more. */
const figure = (value: number) => formatNumber(value, 2);
const percentRange = (low: number, high: number) => formatRange(low, high, formatPercent, " to ");

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
        `The bias of ${formatNumber(constantBias(spec.layers[layer.layer].biasInitializer))} starts ` +
        `${deadText(layer)} closed on every input: start at 0 or a little above.`,
    );
}

function adviseOnCentre(
  { distance, isPositive, closed }: NonNullable<InputJudgement["uncentered"]>,
  first: LayerForecast | undefined,
): string {
  const what = [
    isPositive ? "no input is below 0" : "",
    distance > 1 ? `their mean is ${figure(distance)} times their spread from 0` : "",
  ].filter(Boolean);
  const effect = first && closed > 0 ? `, and ${deadText(first)} start closed on every one` : "";
  const seen = what.join(", ") || "no column changes its sign";
  return `The inputs are not centred (${seen})${effect}: subtract each column's mean.`;
}

function adviseOnScale(found: NonNullable<InputJudgement["unscaled"]>): string {
  const what =
    found.kind === "unequal"
      ? `spreads differ by a factor of ${figure(found.ratio)}`
      : `spread is ${figure(found.typical)}, and initializers suppose about 1`;
  return `The inputs' ${what}: divide each column by its spread.`;
}

/** As a diagnosis would say it of the network at its start. */
function adviseOnInputs(spec: ResolvedSpec, x: Matrix | undefined, layers: readonly LayerForecast[]): string[] {
  if (x === undefined || x.rows < 2) return [];
  const statistics = statisticsOf(x);
  const varying = statistics.spread.flatMap((_, column) =>
    statistics.min[column] < statistics.max[column] ? [column] : [],
  );
  const first = layers.find(({ layer }) => layer === 0);
  if (varying.length === 0)
    return first && first.expectedDeadUnits > MANY * first.units
      ? [`The inputs are the same in all rows, and ${deadText(first)} start closed on every one.`]
      : [];
  const isClosedByBias = constantBias(spec.layers[0].biasInitializer) < 0;
  const seen = first && !isClosedByBias ? { units: first.units, closed: first.expectedDeadUnits } : undefined;
  const { uncentered, unscaled } = judgeInputs(statistics, varying, seen, undefined);
  const outliers = findOutlierColumns(x, statistics, varying);
  return [
    ...(uncentered ? [adviseOnCentre(uncentered, first)] : []),
    ...(unscaled ? [adviseOnScale(unscaled)] : []),
    ...outliers
      .slice(0, 1)
      .map(
        ({ column, rows, row, value }) =>
          `The spread of column ${column} comes from ${countOf(rows, "row")} of ${formatCount(x.rows)} ` +
          `(row ${row}: ${figure(value)}): check ${rows === 1 ? "it" : "them"}.`,
      ),
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
      `Stay below ${formatRate(lethal![0].rate)}, and well below: later steps kill at lower rates (forecastTraining).`,
  ];
}

export function advise(
  spec: ResolvedSpec,
  x: Matrix | undefined,
  forecast: Pick<Forecast, "bornDeadNetwork" | "layers" | "lethalRates">,
  learningRate: number | undefined,
): string[] {
  const { bornDeadNetwork, layers, lethalRates } = forecast;
  const nothing = layers.length === 0 ? ["The network has no layers that can be closed: nothing in it can die."] : [];
  const advice = [
    ...nothing,
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
