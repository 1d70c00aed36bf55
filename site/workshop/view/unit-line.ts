// Where a unit switches, over the plane: of the first layer on bare coordinates its line, with the open side tinted; of
// others the border that its map shows.
import { MAP_POINTS, MAP_SIDE } from "../../training/activation-maps.js";
import type { Frame, Started, UnitName } from "../engine/types.js";
import { contour } from "../../figures/no-return/contours.js";
import { palette } from "../../look/palette.js";
import { drawZeroLine, type PlaneUnit, tintOpenSide, type ZeroLineView } from "../../look/zero-lines.js";
import { COORDINATES } from "../../tasks/features.js";

/** 0, as maps have it. */
const ZERO = 128;

/** Of a preactivation, or of one that is normalized by running statistics: what an input's weight and 0 come to. */
function foldedOf(unit: number, { parameters }: Frame, { spec, layout }: Started): { scale: number; bias: number } {
  const { bias, gamma, beta, mean, variance } = layout[0];
  const { normalization } = spec.layers[0];
  const own = parameters[bias + unit];
  if (gamma === undefined || typeof normalization !== "object") return { scale: 1, bias: own };
  const scale = parameters[gamma + unit] / Math.sqrt(parameters[variance! + unit] + normalization.epsilon!);
  return { scale, bias: (own - parameters[mean! + unit]) * scale + parameters[beta! + unit] };
}

/** What the network computes outside of its steps. */
export function planeUnitOf(
  { layer, unit }: UnitName,
  index: number,
  frame: Frame,
  started: Started,
): PlaneUnit | undefined {
  const { spec, task, layout } = started;
  const isBare = !task.plane || task.plane.features.join() === COORDINATES.join();
  const isByRows = started.recipe.normalization === "layer"; // then it switches along no line
  if (layer > 0 || spec.inputs !== 2 || !isBare || isByRows) return undefined;
  const { units } = spec.layers[0];
  const { kernel } = layout[0];
  const { scale, bias } = foldedOf(unit, frame, started);
  const { parameters } = frame;
  return {
    name: String(unit + 1),
    weights: [scale * parameters[kernel + unit], scale * parameters[kernel + units + unit]],
    bias,
    isDead: frame.states[index] === "dead",
  };
}

/** @param isMapped its map is what the line is drawn over: the open side is coloured already */
export function drawUnitLine(
  context: CanvasRenderingContext2D,
  side: number,
  name: UnitName & { readonly index: number },
  frame: Frame,
  started: Started,
  isMapped: boolean,
): void {
  const unit = planeUnitOf(name, name.index, frame, started);
  if (!unit)
    return drawBorder(context, side, frame.maps.subarray(name.index * MAP_POINTS, (name.index + 1) * MAP_POINTS));
  const view: ZeroLineView = { left: 0, top: 0, side, extent: started.task.extent };
  if (!isMapped) tintOpenSide(context, view, unit);
  drawZeroLine(context, view, unit, { isStrong: true, hasName: !isMapped });
}

function drawBorder(context: CanvasRenderingContext2D, side: number, map: Uint8Array): void {
  const at = (place: number) => ((place + 0.5) / MAP_SIDE) * side;
  const trace = () => {
    context.beginPath();
    for (const [from, to] of contour(Float32Array.from(map), MAP_SIDE, ZERO)) {
      context.moveTo(at(from[0]), at(from[1]));
      context.lineTo(at(to[0]), at(to[1]));
    }
    context.stroke();
  };
  context.lineCap = "round";
  context.strokeStyle = palette().paper;
  context.lineWidth = 5;
  trace();
  context.strokeStyle = palette().ink;
  context.lineWidth = 2;
  trace();
}
