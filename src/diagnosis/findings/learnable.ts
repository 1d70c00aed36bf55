// What the inputs tell of the targets, by fits that depend on no training: on all rows, or on some.
import { type BendTest, testForBend } from "./bend-test.js";
import { type Evidence, isConstant } from "./evidence.js";
import { factsOfTargets } from "./targets/target-facts.js";
import type { Matrix } from "../../core/matrix.js";
import type { PreparedTargets } from "../../network/data.js";
import { isClassification } from "../../network/losses.js";

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

function takeRows({ columns, data }: Matrix, rows: ArrayLike<number>): Matrix {
  const taken = new Float32Array(rows.length * columns);
  for (let r = 0; r < rows.length; r++)
    taken.set(data.subarray(rows[r] * columns, (rows[r] + 1) * columns), r * columns);
  return { rows: rows.length, columns, data: taken };
}

/**
 * Undefined where it cannot be told: inputs or targets that are not known, few rows, many columns.
 * @param rows default all
 */
export function testFits({ observation, targets }: Evidence, rows?: ArrayLike<number>): BendTest | undefined {
  const { inputs, loss, layers } = observation;
  if (!inputs || !targets || !loss) return undefined;
  const varying = [...inputs.columns.keys()].filter((column) => !isConstant(inputs.columns[column]));
  const { outputs, areClasses, targetOf } = readTargets(targets, layers.at(-1)!.units.length, isClassification(loss));
  if (!rows) return testForBend(inputs.x, varying, outputs, targetOf, areClasses);
  return testForBend(takeRows(inputs.x, rows), varying, outputs, (row) => targetOf(rows[row]), areClasses);
}
