// A unit's life on a canvas: the share of samples that open it against the step, the blow and the last straw, and
// beside what happened what would have happened.
import type { Change } from "./messages.js";
import type { Death } from "../../../src/index.js";
import { formatCount } from "../../../src/text/numbers.js";
import { prepare } from "../../look/dom.js";
import { palette } from "../../look/palette.js";
import { drawAxes, drawCurve, drawLabel, type PlotBox, type Range, roundTicks, xOf, yOf } from "../../look/plot.js";
import { wholePercent } from "../../look/text.js";

export interface Life {
  /** By step, so far. */
  readonly open: readonly number[];
  readonly death?: Death | undefined;
  readonly replay?: { readonly change: Change; readonly shares: Float32Array } | undefined;
}

const TOP = 24; // room for the names of the marks

/** A round share above all that is seen. */
function highest({ open, replay }: Life, { low, high }: Range): number {
  const seen = [...open.slice(low, high + 1), ...(replay?.shares.slice(low, Math.min(high + 1, open.length)) ?? [])];
  return [0.1, 0.2, 0.5].find((top) => seen.every((share) => share <= top)) ?? 1;
}

interface LifeView {
  readonly width: number;
  /** That are shown. */
  readonly steps: Range;
  /** Dots for single steps. */
  readonly isClose: boolean;
  /** Of the axes' numbers. */
  readonly type: number;
}

export function drawLife(canvas: HTMLCanvasElement, life: Life, { width, steps, isClose, type }: LifeView): void {
  const height = 142 + 2 * type;
  const context = prepare(canvas, width, height);
  const left = 3.7 * type;
  const box: PlotBox = {
    left,
    top: TOP,
    width: width - left - 10,
    height: height - TOP - type - 11,
    x: steps,
    y: { low: 0, high: highest(life, steps) },
  };
  drawAxes(
    context,
    box,
    {
      x: { ticks: roundTicks(steps, width > 400 ? 6 : 3), format: formatCount },
      y: { ticks: [0, box.y.high / 2, box.y.high], format: wholePercent },
    },
    type,
  );
  if (life.death) markDeath(context, box, life.death, isClose);
  const { ink, accent } = palette();
  const { open, replay } = life;
  if (replay) {
    const { shares, change } = replay;
    const count = Math.min(shares.length, open.length);
    const own = shares.subarray(change.from - 1, count);
    drawCurve(context, box, own, change.from - 1, { colour: accent, width: 2, dash: [6, 3] });
    if (isClose) drawDots(context, box, own, change.from - 1, accent, true);
  }
  drawCurve(context, box, open, 0, { colour: ink, width: 1.75 });
  if (isClose) drawDots(context, box, open, 0, ink, false);
}

/** Steps by themselves: full ones of what happened, rings of what would have. */
function drawDots(
  context: CanvasRenderingContext2D,
  box: PlotBox,
  values: ArrayLike<number>,
  first: number,
  colour: string,
  isRing: boolean,
): void {
  context.fillStyle = isRing ? palette().paper : colour;
  context.strokeStyle = colour;
  context.lineWidth = 1.5;
  const from = Math.max(0, Math.ceil(box.x.low - first));
  for (let i = from; i < values.length && first + i <= box.x.high; i++) {
    context.beginPath();
    context.arc(xOf(box, first + i), yOf(box, values[i]), isRing ? 2.75 : 2.25, 0, 2 * Math.PI);
    context.fill();
    if (isRing) context.stroke();
  }
}

/** A band or a line through the blow, a line through the last straw, each with its name above. */
function markDeath(
  context: CanvasRenderingContext2D,
  box: PlotBox,
  { blow, lastStraw }: Death,
  isClose: boolean,
): void {
  const { positive, muted } = palette();
  const isOne = !blow || (blow.step === lastStraw.step && blow.lastStep === undefined);
  const straw = xOf(box, lastStraw.step);
  if (lastStraw.step > 0) {
    drawMark(context, box, [straw, straw], isOne ? positive : muted, isOne ? [] : [3, 3]);
    if (isOne) return name(context, box, straw, blow ? "blow and last straw" : "last straw", positive);
  }
  if (!blow) return;
  const [from, to] = [blow.step, blow.lastStep ?? blow.step].map((step) => xOf(box, step));
  drawMark(context, box, [from, to], positive, []);
  const isRoom = Math.abs(straw - from) > 110 || straw > box.left + box.width;
  name(context, box, from, isRoom || isClose ? "blow" : "blow, last straw", positive);
  if (isRoom) name(context, box, straw, "last straw", muted);
}

function drawMark(
  context: CanvasRenderingContext2D,
  { top, height, left, width }: PlotBox,
  [from, to]: readonly [number, number] | number[],
  colour: string,
  dash: number[],
): void {
  if (from > left + width || to < left) return;
  context.save();
  context.strokeStyle = context.fillStyle = colour;
  context.globalAlpha = 0.18;
  if (to > from) context.fillRect(from, top, to - from, height);
  context.globalAlpha = 1;
  context.lineWidth = 1.5;
  context.setLineDash(dash);
  context.beginPath();
  context.moveTo(from, top - 4);
  context.lineTo(from, top + height);
  context.stroke();
  context.restore();
}

function name(
  context: CanvasRenderingContext2D,
  { left, width }: PlotBox,
  x: number,
  text: string,
  colour: string,
): void {
  if (x < left || x > left + width) return;
  const isRight = x > left + width - 90;
  drawLabel(context, text, isRight ? x + 2 : x - 2, 11, {
    colour,
    size: 14,
    weight: 600,
    align: isRight ? "right" : "left",
  });
}
