// Running statistics that do not fit the rows: then evaluation says something else than the network that was trained.
//
// The rule. Of rows whose X·W has mean mu and variance v, a training step on all of them makes gamma·zhat with
// zhat = (z - mu)/sqrt(v + epsilon); evaluation makes it with the running mean and variance. What both make of a unit
// differs, as the root of the mean square over the rows and in units of gamma, by
//     d = sqrt(m² + (s - t)²),
// m and s being the mean and the standard deviation of what evaluation makes of zhat, t what training makes of the
// latter: 1, or 0 where a column never changes. All of it is known from the statistics of the preactivations.
// A layer is named where half of its units, or more, have d >= 0.5: then a quarter of a unit's variance is error. The
// noise of running statistics stays below: of batches of B rows at momentum p it is about
// sqrt(1.5/B · p/(2 - p)), 0.2 for batches of two at 0.1, and of the N rows that judge sqrt(1.5/N), 0.17 for fifty.
// Only the lowest such layer is told: what lies above sees other inputs than in training.
// Where targets tell, it is told only if it does harm: the score would rise by a tenth with statistics of these rows,
// to a tenth above a constant's (one that blew up says nothing with other statistics either); they are set in a copy of
// the network for it, layer by layer. Where none do, rows of another kind (of one class, say) may lie as far off in a
// sound network (1.1 for single digits), and d has to be 2, twice as large as the signal.
import { type Evidence, type Found, samplesDiffer } from "../evidence.js";
import { scoreOf } from "../../learning/learning.js";
import type { LayerObservation } from "../../../inspect/observation.js";
import type { UnitStatistics } from "../../../inspect/statistics.js";
import type { ResolvedSpec } from "../../../network/spec.js";
import { median } from "../../../core/statistics.js";
import { countOf, formatCount, formatNumber, plural } from "../../../text/numbers.js";

/** Of what a unit has in training. */
const OFF = 0.5;
/** ... where no targets tell whether it does harm. */
const FAR_OFF = 2;
/** Fewer rows have means and variances of their own. */
const LEAST_ROWS = 50;
/** What the score would gain; less may be noise. */
const WORTH_MUCH = 0.1;
/** A beta of so many times gamma hides in float32 what is normalized. */
const HIDES = 1e3;

/** d, as above; undefined where beta is all that is seen. */
function distanceOf(
  { mean, variance }: UnitStatistics,
  gamma: number,
  beta: number,
  running: number,
  epsilon: number,
): number | undefined {
  if (!(Math.abs(gamma) * HIDES > Math.abs(beta))) return undefined;
  const m = (mean - beta) / gamma;
  const s = Math.sqrt(variance) / Math.abs(gamma);
  const v = s * s * (running + epsilon);
  const d = Math.hypot(m, s - Math.sqrt(v / (v + epsilon)));
  return Number.isFinite(d) ? d : undefined;
}

/** Of the layer's units of which it is known; none where training takes the running statistics, too. */
function distancesOf({ weights, units, normalized }: LayerObservation, layer: ResolvedSpec["layers"][number]) {
  const { gamma, beta, runningVariance } = weights ?? {};
  if (normalized !== "batch" || layer.frozen || !gamma || !beta || !runningVariance) return [];
  const { epsilon } = layer.normalization!;
  return units.flatMap((unit, i) => distanceOf(unit, gamma[i], beta[i], runningVariance[i], epsilon) ?? []);
}

/** The score with the statistics of these rows; undefined where no targets tell. */
function scoreWhenSettled({ observation, learning }: Evidence): number | undefined {
  if (!learning || learning.learning.score === undefined || !observation.settledOutputs) return undefined;
  return scoreOf(learning.lossOf(observation.settledOutputs()), learning);
}

export function findStatistics(evidence: Evidence): Found[] {
  const { observation, learning, naming } = evidence;
  const { spec, rows, layers } = observation;
  if (!spec || rows < LEAST_ROWS || !samplesDiffer(evidence)) return [];
  for (const [layer, seen] of layers.entries()) {
    const distances = distancesOf(seen, spec.layers[layer]);
    if (distances.length === 0) continue;
    const distance = median(distances);
    if (!(distance >= OFF)) continue;
    const settled = scoreWhenSettled(evidence);
    const score = learning?.learning.score;
    const isHarm =
      settled === undefined ? distance >= FAR_OFF : settled >= WORTH_MUCH && settled - score! >= WORTH_MUCH;
    if (!isHarm) return [];
    const off = distances.filter((each) => each >= OFF).length;
    return [
      {
        kind: "statisticsMismatch",
        message:
          `The running statistics of layer ${naming.layer(layer)} do not fit these ${countOf(rows, "row")}: in ` +
          `${formatCount(off)} of ${countOf(distances.length, "unit")} evaluation makes something else of ` +
          `${plural(rows, "it", "them")} than training, by ${formatNumber(distance, 2)} standard deviations in the median` +
          (settled === undefined
            ? "."
            : `; with the statistics of these rows the score would be ${formatNumber(settled, 3)} instead of ` +
              `${formatNumber(score!, 3)}.`),
        advice:
          "If these are rows as it is trained on, let the statistics settle: train for more steps, with a momentum " +
          "of about 0.1 (at 1 the last batch is all), or fit once more on them at a learning rate of 0, which moves " +
          "nothing else; if they are scaled otherwise, scale them as the training's.",
        layer,
        figures: { distance, units: off, ...(settled !== undefined && { score: score!, settledScore: settled }) },
      },
    ];
  }
  return [];
}
