// Edges: as wide as the weight is large beside its layer's largest, coloured by sign, none at dead units.
import type { Frame, Started } from "../engine/types.js";
import type { NetworkLayout } from "./network-layout.js";
import { palette } from "../../look/palette.js";

const MOST_EDGES = 1600;
const MANY_EDGES = 120; // from here on they are drawn fainter
const WIDEST = 3;

interface Point {
  readonly x: number;
  readonly y: number;
  readonly dead: boolean;
}

/** The points that a layer's edges start from (right) or end at (left); undefined where it is not drawn in full. */
function pointsOf(
  layer: number,
  side: "left" | "right",
  layout: NetworkLayout,
  started: Started,
  frame: Frame,
): Point[] | undefined {
  const hidden = started.recipe.layers.length;
  if (layer < 0 || layer >= hidden) {
    const which = layer < 0 ? "in" : "out";
    const ends = layout.ends.filter((end) => end.side === which);
    const count = layer < 0 ? started.task.features.length : started.spec.layers[hidden].units;
    return ends.length === count
      ? ends.map(({ x, y }) => ({ x: x + ((layer < 0 ? 1 : -1) * layout.endWidths[which]) / 2, y, dead: false }))
      : undefined;
  }
  const { first, units } = layout.columns[layer];
  return layout.squares.slice(first, first + units).map(({ x, y }, unit) => ({
    x: side === "left" ? x : x + layout.size,
    y: y + layout.size / 2,
    dead: frame.states[first + unit] === "dead",
  }));
}

/** A weight: the unit that it leads into, in layers of which the outputs are the last, and from which of its inputs. */
export interface Edge {
  readonly layer: number;
  readonly unit: number;
  readonly input: number;
}

/** So near, in pixels, is on an edge. */
const NEAR = 5;

/** The edge that a point lies on, the nearest of several. */
export function edgeAt(
  at: { readonly x: number; readonly y: number },
  layout: NetworkLayout,
  started: Started,
  frame: Frame,
): Edge | undefined {
  let found: Edge | undefined;
  let least = NEAR;
  started.spec.layers.forEach(({ units }, layer) => {
    const from = pointsOf(layer - 1, "right", layout, started, frame);
    const to = pointsOf(layer, "left", layout, started, frame);
    if (!from || !to || from.length * to.length > MOST_EDGES) return;
    for (let i = 0; i < from.length * units; i++) {
      const [a, b] = [from[Math.floor(i / units)], to[i % units]];
      if (a.dead || b.dead || at.x < a.x || at.x > b.x) continue;
      const distance = Math.abs(heightAt(a, b, at.x) - at.y);
      if (distance >= least) continue;
      least = distance;
      found = { layer, unit: i % units, input: Math.floor(i / units) };
    }
  });
  return found;
}

/** Of the curve between two points, whose handles lie halfway between them. */
function heightAt(a: Point, b: Point, x: number): number {
  let [low, high] = [0, 1];
  for (let turn = 0; turn < 12; turn++) {
    const t = (low + high) / 2;
    const across = 1.5 * t * (1 - t) + t ** 3; // of x, from 0 to 1
    if (across < (x - a.x) / (b.x - a.x)) low = t;
    else high = t;
  }
  const t = (low + high) / 2;
  return a.y + (b.y - a.y) * (3 * t ** 2 - 2 * t ** 3);
}

export function drawEdges(
  context: CanvasRenderingContext2D,
  layout: NetworkLayout,
  started: Started,
  frame: Frame,
): void {
  const { negative, positive } = palette();
  started.spec.layers.forEach(({ units }, layer) => {
    const from = pointsOf(layer - 1, "right", layout, started, frame);
    const to = pointsOf(layer, "left", layout, started, frame);
    if (!from || !to || from.length * to.length > MOST_EDGES) return;
    const { kernel } = started.layout[layer];
    const weights = frame.parameters.subarray(kernel, kernel + from.length * units);
    const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-12);
    const strength = Math.min(1, Math.sqrt(MANY_EDGES / weights.length));
    for (let i = 0; i < weights.length; i++) {
      const [a, b] = [from[Math.floor(i / units)], to[i % units]];
      const part = Math.abs(weights[i]) / largest;
      if (a.dead || b.dead || part < 0.03) continue;
      context.strokeStyle = weights[i] < 0 ? negative : positive;
      context.globalAlpha = (0.15 + 0.65 * part) * strength;
      context.lineWidth = Math.max(0.4, WIDEST * part);
      context.beginPath();
      context.moveTo(a.x, a.y);
      context.bezierCurveTo((a.x + b.x) / 2, a.y, (a.x + b.x) / 2, b.y, b.x, b.y);
      context.stroke();
    }
  });
  context.globalAlpha = 1;
}
