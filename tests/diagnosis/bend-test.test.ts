// Whether data need a bend: fits that depend on no training.
import { expect, test } from "vitest";
import { mulberry32 } from "../../src/core/random.js";
import { testForBend } from "../../src/diagnosis/findings/bend-test.js";

const ROWS = 200;
const random = mulberry32(5);
const x = { rows: ROWS, columns: 2, data: Float32Array.from({ length: ROWS * 2 }, () => random() * 2 - 1) };
const at = (row: number) => [x.data[row * 2], x.data[row * 2 + 1]];

const judge = (isOne: (row: number) => boolean) =>
  testForBend(x, [0, 1], 2, (row) => (isOne(row) ? [0, 1] : [1, 0]), true)!;

test("classes apart by a line need none, a cross does, noise can't be told by either", () => {
  const line = judge((row) => at(row)[0] > 0.1);
  expect(line.linear).toBeLessThan(0.3);
  const cross = judge((row) => at(row)[0] * at(row)[1] > 0);
  expect(cross.linear).toBeGreaterThan(0.9);
  expect(cross.bent).toBeLessThan(0.6);
  const noise = mulberry32(9);
  const bits = Array.from({ length: ROWS }, () => noise() < 0.5);
  const unknown = judge((row) => bits[row]);
  expect(Math.min(unknown.linear, unknown.bent)).toBeGreaterThan(0.9);
});

test("the last answer is kept for the same rows alone: others, changed in place, are judged anew", () => {
  const isOne = (row: number) => at(row)[0] > 0.1;
  const first = judge(isOne);
  expect(judge(isOne)).toBe(first);
  expect(judge((row) => (row === 3 ? !isOne(row) : isOne(row)))).not.toEqual(first);
  const kept = x.data.slice();
  x.data.forEach((value, i) => (x.data[i] = i % 2 === 0 ? -value * value : value));
  expect(testForBend(x, [0, 1], 2, (row) => (kept[row * 2] > 0.1 ? [0, 1] : [1, 0]), true)).not.toEqual(first);
  x.data.set(kept);
  expect(judge(isOne)).toEqual(first);
});

test("three answers are kept, the newest of them; the fourth takes the place of that asked for longest ago", () => {
  const asked = [0.1, 0.2, 0.3, 0.4].map((from) => (row: number) => at(row)[0] > from);
  const [a, b, c] = asked.slice(0, 3).map(judge);
  expect([a, b, c].every((one, i) => judge(asked[i]) === one)).toBe(true);
  expect(judge(asked[0])).toBe(a);
  judge(asked[3]);
  expect(judge(asked[2])).toBe(c);
  expect(judge(asked[0])).toBe(a);
  expect(judge(asked[1])).not.toBe(b);
  expect(judge(asked[1])).toEqual(b);
});

test("a number that is a plane of the inputs, and one that is not", () => {
  const number = (of: (a: number, b: number) => number) =>
    testForBend(x, [0, 1], 1, (row) => [of(...(at(row) as [number, number]))], false)!;
  expect(number((a, b) => 2 * a - b).linear).toBeLessThan(1e-3);
  const bent = number((a) => Math.abs(a) - 0.5);
  expect(bent.linear).toBeGreaterThan(0.8);
  expect(bent.bent).toBeLessThan(0.2);
});

// by a fit that took its rows one by one: blocks of rows change nothing, whatever is left for the last one
test.each([
  [21, 1, 3, 1.0514761295404036, 1.1044482115222687],
  [23, 5, 5, 0.9569030001211597, 0.8767388065428762],
  [61, 4, 7, 0.9664094956033709, 0.8965382224080882],
  [99, 30, 3, 1.302591699058003, 1.3521147552419885],
])("%i rows of %i columns in %i classes", (rows, columns, outputs, linear, bent) => {
  const own = mulberry32(rows);
  const data = Float32Array.from({ length: rows * columns }, () => own() * 2 - 1);
  const classOf = (row: number) =>
    Math.floor(Math.abs(data[row * columns] * 7.3 + data[(row * columns + 1) % data.length])) % outputs;
  const all = Array.from({ length: columns }, (_, column) => column);
  const probabilities = (row: number) => Array.from({ length: outputs }, (_, k) => (k === classOf(row) ? 1 : 0));
  const found = testForBend({ rows, columns, data }, all, outputs, probabilities, true)!;
  expect(found.linear).toBeCloseTo(linear, 10);
  expect(found.bent).toBeCloseTo(bent, 10);
});
