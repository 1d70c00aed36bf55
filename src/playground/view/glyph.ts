// A unit without a plane: its weights as an image (first layer), or what it says by class as bars.
import type { Frame, Started } from "../engine/protocol.js";
import type { Square } from "./layout.js";
import { palette } from "./palette.js";

export function drawGlyph(context: CanvasRenderingContext2D, square: Square, index: number, size: number, frame: Frame, started: Started): void {
  context.fillStyle = palette().paper;
  context.fillRect(square.x, square.y, size, size);
  if (square.layer === 0) drawWeights(context, square, size, frame, started);
  else drawProfile(context, square, index, size, frame, started);
}

function drawWeights(context: CanvasRenderingContext2D, { x, y, unit }: Square, size: number, { parameters }: Frame, { layout, spec, recipe }: Started): void {
  const { ramp } = palette();
  const side = Math.ceil(Math.sqrt(spec.inputs));
  const cell = size / side;
  const weightOf = (input: number) => parameters[layout[0].kernel + input * recipe.layers[0] + unit];
  let largest = 1e-12;
  for (let input = 0; input < spec.inputs; input++) largest = Math.max(largest, Math.abs(weightOf(input)));
  for (let input = 0; input < spec.inputs; input++) {
    const at = (128 + Math.round((127 * weightOf(input)) / largest)) * 3;
    context.fillStyle = `rgb(${ramp[at]} ${ramp[at + 1]} ${ramp[at + 2]})`;
    context.fillRect(x + (input % side) * cell, y + Math.floor(input / side) * cell, cell + 0.3, cell + 0.3);
  }
}

function drawProfile(context: CanvasRenderingContext2D, { x, y }: Square, index: number, size: number, { profiles }: Frame, { task }: Started): void {
  const bins = task.classes.length || 10;
  const values = profiles.subarray(index * bins, (index + 1) * bins);
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-12);
  context.fillStyle = "#E69F00";
  values.forEach((value, bin) => {
    const height = (size - 2) * Math.abs(value / largest);
    context.fillRect(x + 1 + (bin * (size - 2)) / bins, y + size - 1 - height, Math.max(1, (size - 2) / bins - 1), height);
  });
}
