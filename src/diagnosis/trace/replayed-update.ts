// What a replayed update, or a run of a few, tells of units: the rows that made their gradients, and what they would
// have come to without momentum or decay and at other rates.
import { type Cause, type Fall, type SampleShare, total } from "./types.js";
import { countOpen, type Reading, type UnitReader } from "./unit-readings.js";
import { deepRates, firstLayerRate, isStraight, type SparedUnit } from "./survival-rate.js";
import { type FirstLayer, roomForLine } from "./rate-line.js";
import type { Replay } from "./replay.js";
import type { History } from "./snapshots.js";
import type { UnitIndex } from "../../inspect/inspector.js";
import type { RunningFit } from "../../network/training/running-fit.js";

const REMOVABLE = ["momentum", "weightDecay"] as const;
export type Removable = (typeof REMOVABLE)[number];

/** Without momentum or decay: would the unit have been spared, and with what mean? */
export type Without = Partial<Record<Removable, { readonly lives: boolean; readonly mean: number }>>;

const MOST_SAMPLES = 3;
const DRIFT = 0.1;

/** What the cause of a fall is read off. */
export interface ReplayedFall {
  readonly fall: Fall;
  /** The mean preactivation a window earlier. */
  readonly windowMean: number;
  readonly after: Reading;
  readonly without: Without;
}

/** See Cause. */
export function causeOf({ fall, windowMean, after, without }: ReplayedFall): Cause {
  const change = total(fall);
  const { statistics = 0 } = fall;
  if (Number.isNaN(statistics)) return "unknown";
  // it closed though the mean did not fall
  const inputsAlone = change >= 0 && fall.inputs < 0 && fall.weights + fall.bias >= 0;
  if (inputsAlone || (change < 0 && fall.inputs < change / 2)) return "upstream";
  const windowFall = windowMean - after.summary.mean;
  if (windowFall > 0 && -change < DRIFT * windowFall) return "drift";
  const saving = REMOVABLE.filter((part) => without[part]?.lives);
  const byStatistics = statistics < 0 && (change >= 0 || statistics < change / 2);
  const plain = byStatistics ? "unknown" : "learningRate";
  return saving.sort((a, b) => without[b]!.mean - without[a]!.mean)[0] ?? plain;
}

function largestShares(lengths: Float64Array, rows: Uint32Array): readonly SampleShare[] | undefined {
  const sum = lengths.reduce((a, b) => a + b, 0);
  if (!(sum > 0 && sum < Infinity)) return undefined;
  const order = [...lengths.keys()].sort((a, b) => lengths[b] - lengths[a]).slice(0, MOST_SAMPLES);
  return order.map((i) => ({ row: rows[i], share: lengths[i] / sum })).filter(({ share }) => share > 0);
}

export class ReplayedUpdate {
  constructor(
    private readonly fit: RunningFit,
    private readonly snapshots: History,
    private readonly replay: Replay,
    private readonly reader: UnitReader,
  ) {}

  /** Where the first layer's preactivations go that `rates` needs, before the update and after it. */
  room(units: readonly UnitIndex[]): FirstLayer | undefined {
    return roomForLine(this.replay, this.reader, units);
  }

  /** The rows that made most of each unit's gradient in the next step. Spoils the gradient. */
  samples(units: readonly SparedUnit[]): (readonly SampleShare[] | undefined)[] {
    const rows = this.replay.rowsOf(this.replay.position + 1);
    const found = units.map((): readonly SampleShare[] | undefined => undefined);
    for (const layer of new Set(units.map((unit) => unit.layer))) {
      const places = [...units.keys()].filter((i) => units[i].layer === layer);
      const lengths = this.replay.gradientLengths(
        layer,
        places.map((i) => units[i].unit),
      );
      places.forEach((place, i) => (found[place] = largestShares(lengths[i], rows)));
    }
    return found;
  }

  /** What of the optimizer can be left out. */
  parts(): Removable[] {
    return REMOVABLE.filter((part) => this.fit.plan.recipe.without[part]);
  }

  /**
   * Each part left out of the updates up to `last`; the replay must be saved before the first, for a single one with
   * its gradient. Leaves the weights, and of several updates the gradient, spoiled.
   */
  without(units: readonly SparedUnit[], last = this.replay.position + 1): Without[] {
    const found = units.map((): Without => ({}));
    for (const part of this.parts()) {
      const recipe = this.fit.plan.recipe.without[part];
      if (last === this.replay.position + 1) this.replay.tryUpdate({ recipe });
      else this.replay.tryUpdates(last, { recipe });
      this.reader.preactivations(units).forEach((z, i) => {
        const lives = countOpen(z) >= (units[i].least ?? 1);
        found[i][part] = { lives, mean: z.reduce((sum, value) => sum + value, 0) / z.length };
      });
    }
    return found;
  }

  /** The largest rates at which the next update spares the units, from their readings before and after it. */
  rates(
    units: readonly SparedUnit[],
    before: readonly Reading[],
    after: readonly Reading[],
    first: FirstLayer | undefined,
  ): (number | undefined)[] {
    const rate = this.snapshots.rateOf(this.replay.position + 1);
    const isLined = ({ layer }: UnitIndex) => isStraight(this.replay.state.spec, layer);
    const deep = [...units.keys()].filter((i) => !isLined(units[i]));
    const rates =
      deep.length > 0
        ? deepRates(
            this.replay,
            this.reader,
            deep.map((i) => units[i]),
            rate,
            first,
          )
        : [];
    return units.map((unit, i) =>
      isLined(unit) ? firstLayerRate(rate, before[i].z, after[i].z, unit.least) : rates[deep.indexOf(i)],
    );
  }
}
