// Claim 10: normalization, warm-up, residual layers, dropout and L2 keep units alive. Each on each fault, judged by the
// rule of claim 9; then what the two normalizations do for units whose own bias, or own beta, shuts them.
import type { Experiment, Judgement } from "../claim.js";
import { type DigitPlan, type DigitRuns, HEALTHY } from "../digit-runs.js";
import { figure } from "../figure-text.js";
import {
  judgeTable,
  type NamedFault,
  type NamedRemedy,
  type RemedyFigures,
  showTable,
  trainTable,
} from "../remedy-table.js";
import { FAULTS } from "./remedies.js";
import { VERDICT_RULE } from "../../remedy-verdict.js";
import { mean, spread } from "../../../core/statistics.js";
import { formatPercent } from "../../../text/numbers.js";
import type { Network } from "../../../index.js";

const DEEP = { ...HEALTHY, hidden: Array<number>(20).fill(64) };
const ALL_FAULTS: readonly NamedFault[] = [
  ...FAULTS,
  { name: "rate 5", plan: { ...HEALTHY, rate: 5 } },
  { name: "twenty layers", plan: DEEP },
];

const having = (name: string, layer: DigitPlan["layer"]): NamedRemedy => ({
  name,
  change: (faulty) => ({ ...faulty, layer }),
});
const REMEDIES: readonly NamedRemedy[] = [
  having("batch normalization", { normalization: "batch" }),
  having("layer normalization", { normalization: "layer" }),
  { name: "warm-up over two epochs", change: (faulty) => ({ ...faulty, warmUp: 2 }) },
  having("residual layers", { residual: true }),
  having("dropout of a fifth", { dropout: 0.2 }),
  having("L2 of 0.001", { kernelRegularizer: { l2: 0.001 } }),
];

/** What shuts every other unit of both hidden layers before the training. */
const SHIFT = -5;
const SHUT = [
  { name: "by its bias", by: "bias" },
  { name: "by its bias, batch normalization", by: "bias", kind: "batch" },
  { name: "by its bias, layer normalization", by: "bias", kind: "layer" },
  { name: "by its beta, batch normalization", by: "beta", kind: "batch" },
  { name: "by its beta, layer normalization", by: "beta", kind: "layer" },
] as const;
type Shutting = (typeof SHUT)[number];
const isShut = (unit: number): boolean => unit % 2 === 1;

/** One way of shutting: the share of the shut units that fire on no row after the training, for each seed. */
export interface ShutUnits {
  readonly name: Shutting["name"];
  readonly stayed: readonly number[];
}
export interface NormalizationFigures {
  readonly table: RemedyFigures;
  readonly shut: readonly ShutUnits[];
}

function shutUnits(network: Network, by: "bias" | "beta"): void {
  for (const layer of network.layers.slice(0, -1)) {
    const values = Float32Array.from({ length: layer.units }, (_, unit) => (isShut(unit) ? SHIFT : 0));
    layer.setWeights({ [by]: values });
  }
}

async function trainShut(digits: DigitRuns, way: Shutting): Promise<ShutUnits> {
  const plan = { ...HEALTHY, ...("kind" in way && { layer: { normalization: way.kind } }) };
  const stayed: number[] = [];
  for (const seed of digits.seeds) {
    const layers = await digits.trainPrepared(plan, seed, (network) => shutUnits(network, way.by));
    stayed.push(mean(layers.flatMap((closed) => closed.filter((_, unit) => isShut(unit)).map(Number))));
  }
  return { name: way.name, stayed };
}

function judge({ table, shut }: NormalizationFigures): Judgement {
  const { verdict, sentence } = judgeTable(table);
  const told = shut.map(({ name, stayed }) => `${name} ${formatPercent(spread(stayed).median)}`);
  return { verdict, sentence: `${sentence} Of units shut from the start there stayed shut: ${told.join("; ")}.` };
}

export const normalization: Experiment<NormalizationFigures> = {
  claim: "Normalization, warm-up, residual layers, dropout and L2 keep units alive",
  experiment:
    "Digits, 64-128-128-10, ten epochs. Healthy: rate 0.1, bias 0. Faulty: rate 0.9, rate 1.6, rate 5, a starting " +
    "bias of -1, or twenty layers of 64 in place of the two. Each with each remedy, layers' in all hidden ones, from the same " +
    `kernels. ${VERDICT_RULE} Then, at the healthy rate, every other unit starts with a bias, or a beta, of ${SHIFT}.`,
  measure: async (digits) => {
    const table = await trainTable(digits, HEALTHY, ALL_FAULTS, REMEDIES);
    const shut: ShutUnits[] = [];
    for (const way of SHUT) shut.push(await trainShut(digits, way));
    return { table, shut };
  },
  judge,
  show: ({ table, shut }) => {
    const { figures, plots } = showTable(table);
    const rows = shut.map(({ name, stayed }) => ({ name, ...spread(stayed) }));
    return {
      figures: [...figures, ...rows.map(({ name, ...shares }) => figure(`shut ${name}: share that stay shut`, shares))],
      plots: [
        ...plots,
        {
          kind: "bars",
          title: "Units shut from the start",
          axis: { label: "share that stay shut", high: 1 },
          bars: rows.map(({ name, median: value, low, high }) => ({
            name,
            value,
            low,
            high,
            text: formatPercent(value),
          })),
        },
      ],
    };
  },
};
