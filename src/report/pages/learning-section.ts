// Whether the network has learned: the verdict and its figures.
import { type Block, text } from "../blocks.js";
import type { HeldOutLearning, Learning } from "../../diagnosis/types.js";
import { formatCount, formatNumber, formatPercent } from "../../text/numbers.js";

type Figures = Pick<Learning, "loss" | "constantLoss" | "score" | "scoreError" | "accuracy" | "constantAccuracy">;

const ROWS: readonly (readonly [name: string, show: (figures: Figures) => string])[] = [
  ["loss", ({ loss }) => formatNumber(loss)],
  ["loss of the best constant answer", ({ constantLoss }) => formatNumber(constantLoss)],
  [
    "score: 1 is perfect, 0 as good as the constant",
    ({ score, scoreError }) => {
      if (score === undefined) return "";
      return scoreError === undefined ? formatNumber(score) : `${formatNumber(score)} ± ${formatNumber(scoreError, 2)}`;
    },
  ],
  ["accuracy", ({ accuracy }) => (accuracy === undefined ? "" : formatPercent(accuracy))],
  [
    "accuracy of the most frequent class",
    ({ constantAccuracy }) => (constantAccuracy === undefined ? "" : formatPercent(constantAccuracy)),
  ],
];

function columnTitle(where: string, { rows }: Pick<HeldOutLearning, "rows">): string {
  return rows === undefined ? where : `${where} (${formatCount(rows)})`;
}

export function learningBlocks(learning: Learning): Block[] {
  const { heldOut, verdict } = learning;
  const sides: Figures[] = [learning, ...(heldOut ? [heldOut] : [])];
  const rows = ROWS.map(([name, show]) => [name, ...sides.map(show)]);
  return [
    text(verdict),
    {
      kind: "table",
      table: {
        caption: "The network beside the best it could do without looking at its inputs",
        header: ["", columnTitle("these rows", learning), ...(heldOut ? [columnTitle("held-out rows", heldOut)] : [])],
        rows: rows.filter(([, ...cells]) => cells.some((cell) => cell !== "")),
      },
    },
  ];
}
