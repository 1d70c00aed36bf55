// The layer that most often starts closed as a whole, and how often some layer does: for a diagnosis, which asks of
// networks with narrow layers alone.
import { isRectifier } from "../../activations/activations.js";
import { type Matrix, takeRows } from "../../core/matrix.js";
import type { ResolvedSpec } from "../../network/spec.js";
import { type Bounds, forecastLayersOf, NARROW } from "./born-dead.js";
import { drawingCost, randomFrom } from "./draw.js";
import { takeCensus } from "./expected.js";

const DRAWS = 300;
/** Fewer of wide networks, in so many steps of drawing, and none where they would be too few to tell. */
const MOST_STEPS = 2 ** 32;
const FEWEST_DRAWS = 20;
/** Rows that stand for all; of a layer that they leave closed few others open a unit. */
const ROWS = 128;

export interface ClosedAtStart {
  /** Of the layer that is closed most often, the lowest where layers above go with it. */
  readonly layer: number;
  readonly units: number;
  /** That some layer is closed as a whole. */
  readonly chance: Bounds;
  readonly isCertain: boolean;
}

function evenRows(x: Matrix, most: number): Matrix {
  if (x.rows <= most) return x;
  return takeRows(
    x,
    Array.from({ length: most }, (_, r) => Math.floor((r * x.rows) / most)),
  );
}

/** Undefined where no layer is narrow enough for it to happen in more than 1 % of starts. */
export function closedAtStart(spec: ResolvedSpec, x: Matrix): ClosedAtStart | undefined {
  if (spec.layers.some(({ residual, normalization }) => residual || normalization)) return undefined; // draws know plain chains
  const layers = forecastLayersOf(spec);
  if (!layers.some(({ units, activation }) => isRectifier(activation.name) && units <= NARROW)) return undefined;
  const rows = evenRows(x, ROWS);
  const draws = Math.min(DRAWS, Math.floor(MOST_STEPS / drawingCost(spec, spec.layers.length)));
  if (draws < FEWEST_DRAWS) return undefined;
  const { chance, dead, isCertain } = takeCensus(spec, rows, randomFrom(spec.seed), draws);
  const counts = layers.map(() => 0);
  for (const closed of dead) {
    const first = layers.findIndex(({ units, activation }, l) => isRectifier(activation.name) && closed[l] === units);
    if (first >= 0) counts[first]++;
  }
  const most = Math.max(...counts);
  if (most === 0) return undefined;
  const layer = counts.indexOf(most);
  return { layer, units: layers[layer].units, chance, isCertain };
}
