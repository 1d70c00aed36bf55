// A unit without a plane: its weights as an image (first layer), or its mean activation by class as bars.
import type { Frame, Started } from "../engine/types.js";
import type { Square } from "./network-layout.js";
import { setPixel } from "../../look/dom.js";
import { palette, rampColour } from "../../look/palette.js";

export function drawUnitImage(
  context: CanvasRenderingContext2D,
  square: Square,
  index: number,
  size: number,
  frame: Frame,
  started: Started,
): void {
  context.fillStyle = palette().paper;
  context.fillRect(square.x, square.y, size, size);
  if (square.layer === 0) drawWeights(context, square, size, frame, started);
  else drawProfile(context, square, index, size, frame, started);
}

const small = document.createElement("canvas");

/** One pixel an input, in a picture that is then drawn as large as the unit. */
function drawWeights(
  context: CanvasRenderingContext2D,
  { x, y, unit }: Square,
  size: number,
  { parameters }: Frame,
  { layout, spec, recipe }: Started,
): void {
  const side = Math.ceil(Math.sqrt(spec.inputs));
  if (small.width !== side) small.width = small.height = side;
  const inner = small.getContext("2d")!;
  const image = inner.createImageData(side, side);
  const first = layout[0].kernel + unit;
  const apart = recipe.layers[0];
  let largest = 1e-12;
  for (let input = 0; input < spec.inputs; input++)
    largest = Math.max(largest, Math.abs(parameters[first + input * apart]));
  for (let input = 0; input < spec.inputs; input++) {
    setPixel(image, input, rampColour(parameters[first + input * apart] / largest));
  }
  inner.putImageData(image, 0, 0);
  context.drawImage(small, 0, 0, side, side, x, y, size, size);
}

function drawProfile(
  context: CanvasRenderingContext2D,
  { x, y }: Square,
  index: number,
  size: number,
  { profiles }: Frame,
  { task }: Started,
): void {
  const bins = task.classes.length || 10;
  const values = profiles.subarray(index * bins, (index + 1) * bins);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  context.fillStyle = "#E69F00";
  values.forEach((value, bin) => {
    const height = (size - 2) * Math.abs(value / largest);
    context.fillRect(
      x + 1 + (bin * (size - 2)) / bins,
      y + size - 1 - height,
      Math.max(1, (size - 2) / bins - 1),
      height,
    );
  });
}
