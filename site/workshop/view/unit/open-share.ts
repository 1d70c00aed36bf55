// The share of the samples that open a unit, against the step, with its blow and its last straw marked.
import type { DeathRecord, UnitHistory } from "../../engine/types.js";
import { count, hasEarlierBlow } from "../descriptions.js";
import { prepare } from "../../../look/dom.js";
import { palette } from "../../../look/palette.js";
import { percent } from "../../../look/text.js";

const HEIGHT = 96;
const [TOP, BOTTOM] = [20, 18];

interface Mark {
  readonly step: number;
  readonly text: string;
}

/** Of the last death: the blow (its first step) and the last straw, or both at once. */
function marksOf(death: DeathRecord | undefined): Mark[] {
  if (!death || death.step === 0) return [];
  if (!hasEarlierBlow(death)) return [{ step: death.step, text: death.blow ? "blow and last straw" : "last straw" }];
  return [
    { step: death.blow.step, text: "blow" },
    { step: death.step, text: "last straw" },
  ];
}

function labelOf({ steps, open }: UnitHistory, marks: readonly Mark[]): string {
  const told = marks.map(({ step, text }) => `${text} at step ${count(step)}`);
  const at = (place: number) => `${percent(open.at(place)!)} at step ${count(steps.at(place)!)}`;
  return [`Share of the samples that open it, by step: ${at(0)}, ${at(-1)}`, ...told].join("; ");
}

export function drawOpenShare(
  canvas: HTMLCanvasElement,
  width: number,
  history: UnitHistory,
  death: DeathRecord | undefined,
  shown: number,
): void {
  const context = prepare(canvas, width, HEIGHT);
  const { ink, muted, line, accent, positive } = palette();
  const { steps, open } = history;
  const last = Math.max(1, steps.at(-1)!);
  const x = (step: number) => 1 + (Math.min(step, last) / last) * (width - 2);
  const y = (share: number) => HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
  const marks = marksOf(death);
  context.font = "12px system-ui, sans-serif";
  context.fillStyle = line;
  for (const share of [0, 0.5, 1]) context.fillRect(0, y(share), width, 1);
  context.strokeStyle = ink;
  context.lineWidth = 1.5;
  context.beginPath();
  steps.forEach((step, i) => context.lineTo(x(step), y(open[i])));
  context.stroke();
  context.fillStyle = accent;
  if (shown < last) context.fillRect(x(shown) - 0.5, TOP, 1, HEIGHT - TOP - BOTTOM);
  context.fillStyle = positive;
  for (const { step } of marks) context.fillRect(x(step) - 0.75, TOP - 3, 1.5, HEIGHT - TOP - BOTTOM + 3);
  writeMarks(
    context,
    marks.map(({ step, text }) => ({ text, at: x(step) })),
    width,
  );
  context.fillStyle = muted;
  context.textBaseline = "bottom";
  context.textAlign = "left";
  context.fillText("open samples, by step", 0, HEIGHT);
  context.textAlign = "right";
  context.fillText(`step ${count(last)}`, width, HEIGHT);
  canvas.setAttribute("aria-label", labelOf(history, marks));
}

/** Above their lines, within the canvas, and not over each other: what is first keeps to the left. */
function writeMarks(
  context: CanvasRenderingContext2D,
  marks: readonly { readonly text: string; readonly at: number }[],
  width: number,
): void {
  context.textBaseline = "top";
  context.textAlign = "left";
  const widths = marks.map(({ text }) => context.measureText(text).width);
  const lefts = marks.map(({ at }, i) => Math.max(0, Math.min(width - widths[i], at - widths[i] / 2)));
  const overlap = marks.length === 2 ? lefts[0] + widths[0] + 8 - lefts[1] : 0;
  if (overlap > 0) {
    const right = Math.min(width - widths[1], lefts[1] + overlap / 2);
    [lefts[0], lefts[1]] = [Math.max(0, right - widths[0] - 8), Math.max(right, widths[0] + 8)];
  }
  marks.forEach(({ text }, i) => context.fillText(text, lefts[i], 1));
}
