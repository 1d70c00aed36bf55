// What the inputs tell of the targets, by fits that depend on no training: on all rows, or on some.
import { type BendTest, MOST_ROWS, testForBend } from "./bend-test.js";
import { type Evidence, varyingColumns } from "./evidence.js";
import { factsOfTargets } from "./targets/target-facts.js";
import { takeSamples } from "../../core/matrix.js";
import { placeOfLargest } from "../../core/statistics.js";
import type { PreparedTargets } from "../../network/data.js";
import { isClassification } from "../../network/losses.js";
import { hasLearned } from "./learned.js";

interface ReadTargets {
  readonly outputs: number;
  readonly areClasses: boolean;
  readonly targetOf: (row: number) => ArrayLike<number>;
}

/** A row's targets as numbers, and whether they are shares of classes. */
function readTargets(targets: PreparedTargets, units: number, isOfClasses: boolean): ReadTargets {
  if (targets.kind === "labels") {
    const { labels } = targets;
    const targetOf = (row: number) => Array.from({ length: units }, (_, k) => Number(k === labels[row]));
    return { outputs: units, areClasses: true, targetOf };
  }
  const { data, columns } = targets;
  const { isBits, isExclusive } = factsOfTargets(targets);
  if (columns === 1 && (isBits || isOfClasses))
    return { outputs: 2, areClasses: true, targetOf: (row) => [1 - data[row], data[row]] };
  const targetOf = (row: number) => data.subarray(row * columns, (row + 1) * columns);
  return { outputs: columns, areClasses: isExclusive, targetOf };
}

/**
 * Undefined where it cannot be told: inputs or targets that are not known, few rows, many columns.
 * @param rows default all
 */
export function testFits({ observation, targets }: Evidence, rows?: ArrayLike<number>): BendTest | undefined {
  const { inputs, loss, layers } = observation;
  if (!inputs || !targets || !loss) return undefined;
  const varying = varyingColumns(inputs.columns);
  const { outputs, areClasses, targetOf } = readTargets(targets, layers.at(-1)!.units.length, isClassification(loss));
  const { all = inputs.x } = inputs;
  if (!rows) return testForBend(all, varying, outputs, targetOf, areClasses);
  return testForBend(takeSamples(all, rows), varying, outputs, (row) => targetOf(rows[row]), areClasses);
}

/** So much of what the network leaves of a constant's loss is left by a fit that shows that there is more to learn. */
const MUCH_LESS = 0.5;
/** A fit that leaves less than this more than the network does has learned no more. */
const ABOUT = 0.05;

interface Left {
  readonly network: number;
  /** By the better of the fits, on rows that it was not fitted to. */
  readonly fits: number;
}

/** The fits are made once for all that ask. */
const known = new WeakMap<Evidence, { readonly left: Left | undefined }>();

function whatIsLeft(evidence: Evidence): Left | undefined {
  let found = known.get(evidence);
  if (!found) known.set(evidence, (found = { left: measureLeft(evidence) }));
  return found.left;
}

/** Of a constant's loss. A mean of absolute errors goes by the root of a mean of squares. */
function measureLeft(evidence: Evidence): Left | undefined {
  const { learning } = evidence;
  const score = learning?.learning.score;
  if (score === undefined) return undefined;
  const test = testFits(evidence);
  if (!test) return undefined;
  const least = Math.min(test.linear, test.bent);
  const isRoot = learning!.reader.name === "meanAbsoluteError" || learning!.reader.name === "huber";
  return { network: 1 - score, fits: isRoot ? Math.sqrt(least) : least };
}

/**
 * What is left where it is known for certain that there is more to learn: the network has not learned what the fits
 * have. Class weights have another constant.
 */
export function moreToLearn(evidence: Evidence, share = MUCH_LESS): Left | undefined {
  if (hasLearned(evidence) !== false || evidence.observation.training?.fit?.classWeights) return undefined;
  const left = whatIsLeft(evidence);
  return left && left.fits <= share * left.network ? left : undefined;
}

/** Rows are enough, and columns few enough, for fits to say what there is to learn. */
export const canFitsTell = (evidence: Evidence): boolean => whatIsLeft(evidence) !== undefined;

/**
 * As far as can be seen, with as many rows as fits look at (fewer may be learned by heart): the network says what the
 * fits can say, which may be nothing where targets are noise.
 */
export function isAllLearned(evidence: Evidence): boolean {
  if (evidence.observation.rows < MOST_ROWS) return false;
  const left = whatIsLeft(evidence);
  return left !== undefined && left.network <= left.fits + ABOUT;
}

/** A class of more than this share hides the others. */
export const OUTWEIGHS = 0.9;

/** Where one class outweighs the others: their rows, and as many of its own, evenly apart. */
export function balancedRows({ observation, targets }: Evidence): number[] | undefined {
  const { loss, layers, rows } = observation;
  if (!targets || !loss || !isClassification(loss)) return undefined;
  const { outputs, areClasses, targetOf } = readTargets(targets, layers.at(-1)!.units.length, true);
  if (!areClasses) return undefined;
  const classOf = (row: number) => (targets.kind === "labels" ? targets.labels[row] : placeOfLargest(targetOf(row)));
  const members = Array.from({ length: outputs }, (): number[] => []);
  for (let row = 0; row < rows; row++) members[classOf(row)].push(row);
  const largest = members.reduce((a, b) => (b.length > a.length ? b : a));
  const rest = rows - largest.length;
  if (rest === 0 || largest.length < OUTWEIGHS * rows) return undefined;
  const some = Array.from({ length: rest }, (_, i) => largest[Math.floor((i * largest.length) / rest)]);
  return [...members.filter((each) => each !== largest).flat(), ...some];
}
