// What a range test's curve and looks come to: rates to begin with, and rates that kill.
import type { RangeRun } from "./range-test.js";
import { leadOf } from "./range-test.js";
import type { LearningRateTest, RateSuggestions } from "./types.js";
import { roundTo } from "../../text/numbers.js";

type Points = LearningRateTest["points"];

const DIGITS = 3;
/** The loss is lost: so many times the lowest. */
const LOST = 2;
/** Of the last updates, which may have begun to diverge, so many are left out, as fastai does; of few fewer. */
const TAIL = 5;
const TAIL_SHARE = 20;
/** A smoothed loss that fell by less than this share of itself did not fall. */
const FELL = 0.01;
const DEADLY = 0.1;

function lowestOf(points: Points): number {
  let lowest = 0;
  points.forEach(([, loss], place) => {
    if (loss < points[lowest][1]) lowest = place;
  });
  return lowest;
}

/** All rates lie one factor apart, so that the steepest slope by log rate is the largest fall from one to the next. */
function steepestOf(points: Points, upTo: number): number {
  let steepest = 0;
  const fall = (place: number) => points[place][1] - points[place + 1][1];
  for (let place = 1; place < upTo; place++) if (fall(place) > fall(steepest)) steepest = place;
  return steepest;
}

/** What is judged of the curve: without its first tenth, which is of few batches, and its very end. */
function judged(points: Points, steps: number): Points {
  const tail = Math.min(TAIL, Math.floor(points.length / TAIL_SHARE));
  const rest = points.slice(leadOf(steps), points.length - tail);
  return rest.length > 1 ? rest : points;
}

type Curve = Pick<LearningRateTest, "lowest" | "risesFrom" | "suggested">;

/** @param steps that the test was to have */
export function readCurve(points: Points, steps: number): Curve {
  if (points.length === 0) return {};
  const seen = judged(points, steps);
  const at = lowestOf(seen);
  const [rate, loss] = seen[at];
  // of a loss that may be negative, such as poisson's, twice says nothing
  const rises = loss > 0 ? points.find(([each, other]) => each > rate && other > LOST * loss) : undefined;
  const hasFallen = seen[0][1] - loss > FELL * Math.abs(seen[0][1]);
  const suggested: RateSuggestions | undefined = hasFallen
    ? { steepest: roundTo(seen[steepestOf(seen, at)][0], DIGITS), tenthOfLowest: roundTo(rate / 10, DIGITS) }
    : undefined;
  return {
    lowest: roundTo(rate, DIGITS),
    ...(rises && { risesFrom: roundTo(rises[0], DIGITS) }),
    ...(suggested && { suggested }),
  };
}

type Deaths = Pick<LearningRateTest, "killsFrom" | "deadlyFrom">;

/** From where on a tenth of what lived at the start is dead, of which some died here. */
function deadlyLook({ looks, born, units }: Pick<RangeRun, "looks" | "born" | "units">): number {
  const kills = looks.findIndex(({ died }) => died > 0);
  const most = born + DEADLY * (units - born);
  return kills < 0 ? -1 : looks.findIndex(({ dead }, place) => place >= kills && dead >= most);
}

export function readDeaths(run: Pick<RangeRun, "looks" | "born" | "units">): Deaths {
  const { looks } = run;
  const kills = looks.find(({ died }) => died > 0);
  const deadly = looks[deadlyLook(run)];
  return {
    ...(kills && { killsFrom: roundTo(kills.rate, DIGITS) }),
    ...(deadly && { deadlyFrom: roundTo(deadly.rate, DIGITS) }),
  };
}

/** The lower of the two; where a tenth of the units is dead by then, the rate of the look before that was so. */
export function chooseRate(
  suggested: RateSuggestions | undefined,
  run: Pick<RangeRun, "looks" | "born" | "units">,
): number | undefined {
  if (!suggested) return undefined;
  const lower = Math.min(suggested.steepest, suggested.tenthOfLowest);
  const deadly = deadlyLook(run);
  if (deadly < 0) return lower;
  return deadly === 0 ? undefined : Math.min(lower, roundTo(run.looks[deadly - 1].rate, DIGITS));
}
