// Histograms by layer, on demand: activations on the left, sizes of the gradient by the weights on the right. Zeros are
// told in words, as no bar beside them would be seen.
import type { Histogram, LayerFigures } from "../engine/types.js";
import { h, prepare, setText } from "../../look/dom.js";
import { palette } from "../../look/palette.js";
import { figure, signed } from "./descriptions.js";
import { percent, superscript } from "../../look/text.js";

export interface LayerFiguresView {
  /** Whether it is open. */
  show(isOpen: boolean): void;
  /** Undefined: the frame has none, as none were asked for. */
  draw(layers: readonly LayerFigures[] | undefined): void;
  redraw(): void;
}

const HEIGHT = 56;
const FLOOR = HEIGHT - 16;

interface Cell {
  readonly canvas: HTMLCanvasElement;
  readonly text: HTMLElement;
}

interface Row {
  readonly element: HTMLElement;
  readonly activations: Cell;
  readonly gradient: Cell;
}

const HINT =
  "Activations on training rows; gradients of the mean loss over all of them, by each weight and bias, on a scale of " +
  "powers of ten. A layer that no gradient reaches does not learn.";

export function createLayerFiguresView(root: HTMLDetailsElement, toggled: (isOpen: boolean) => void): LayerFiguresView {
  const list = h("div", { class: "layer-list" });
  let rows: Row[] = [];
  let last: readonly LayerFigures[] | undefined;
  root.replaceChildren(h("summary", {}, "Activations and gradients by layer"), h("p", { class: "small" }, HINT), list);
  root.addEventListener("toggle", () => toggled(root.open));

  function makeRows(count: number): void {
    rows = Array.from({ length: count }, (_, layer) => {
      const cell = (): Cell => ({ canvas: h("canvas", { "aria-hidden": "true" }), text: h("p", { class: "small" }) });
      const [activations, gradient] = [cell(), cell()];
      const name = layer === count - 1 ? "Output" : `Layer ${layer + 1}`;
      const box = ({ canvas, text }: Cell) => h("div", {}, canvas, text);
      return {
        element: h("div", { class: "layer-row" }, h("p", {}, name), box(activations), box(gradient)),
        activations,
        gradient,
      };
    });
    list.replaceChildren(...rows.map(({ element }) => element));
  }

  function draw(layers: readonly LayerFigures[] | undefined): void {
    last = layers;
    if (!layers || !root.open) return;
    if (rows.length !== layers.length) makeRows(layers.length);
    layers.forEach(({ activations, gradient }, layer) => {
      const row = rows[layer];
      drawHistogram(row.activations.canvas, activations, "value");
      setText(row.activations.text, activationText(activations));
      drawHistogram(row.gradient.canvas, gradient, "power");
      setText(row.gradient.text, gradientText(gradient));
    });
  }

  return {
    show(isOpen) {
      root.open = isOpen;
    },
    draw,
    redraw: () => draw(last),
  };
}

function activationText({ zeros, least, most }: LayerFigures["activations"]): string {
  const range = `activations from ${signed(least)} to ${signed(most)}`;
  if (zeros === 1) return "activations: all 0";
  return zeros > 0 ? `${range}; ${percent(zeros)} are 0` : range;
}

function gradientText({ zeros, middle }: LayerFigures["gradient"]): string {
  if (zeros === 1) return "gradient: all 0, nothing is learnt here";
  const size = `half of them above ${figure(middle)}`;
  return zeros > 0 ? `gradient: ${percent(zeros)} are 0; of the others ${size}` : `gradient: ${size}`;
}

function drawHistogram(canvas: HTMLCanvasElement, { low, high, counts }: Histogram, scale: "value" | "power"): void {
  const width = canvas.parentElement!.clientWidth;
  if (width === 0) return;
  const context = prepare(canvas, width, HEIGHT);
  const { muted, negative, positive, accent, line } = palette();
  const most = Math.max(1, ...counts);
  const bin = width / counts.length;
  context.fillStyle = line;
  context.fillRect(0, FLOOR, width, 1);
  counts.forEach((count, index) => {
    const height = (count / most) * (FLOOR - 4);
    const middle = low + ((index + 0.5) / counts.length) * (high - low);
    const side = middle < 0 ? negative : positive;
    context.fillStyle = scale === "power" ? accent : side;
    context.fillRect(index * bin + 0.5, FLOOR - height, Math.max(1, bin - 1), height);
  });
  context.font = "12px system-ui, sans-serif";
  context.fillStyle = muted;
  context.textBaseline = "alphabetic";
  const write = (text: string, x: number, align: CanvasTextAlign) => {
    context.textAlign = align;
    context.fillText(text, x, HEIGHT - 3);
  };
  const text = scale === "power" ? (value: number) => `10${superscript(value)}` : signed;
  write(text(low), 0, "left");
  if (scale === "power") write(text((low + high) / 2), width / 2, "center");
  write(text(high), width, "right");
}
