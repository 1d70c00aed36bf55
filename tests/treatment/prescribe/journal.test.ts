// prescribe with a journal: a call that was killed goes on where it was, and what comes of it is the same to the bit.
import { expect, test } from "vitest";
import { type FitOptions, type NetworkSpec, prescribe, type Prescription, sgd } from "../../../src/index.js";
import { memoryJournal, sweep } from "../../../src/sweep.js";
import { expectError } from "../../support/errors.js";
import { sectors } from "../../support/samples.js";

const spec: NetworkSpec = { inputs: 2, layers: [{ units: 8 }, { units: 3 }], loss: "crossEntropy" };
const fit: FitOptions = { epochs: 8, optimizer: sgd({ learningRate: 4 }) };
const options = { repeats: 2, trials: 6, workers: 1 };

/** All but times. */
function plain({ trials, baseline, best, ...rest }: Prescription): object {
  const { verdict, measure, constant, reason, causes, deaths } = rest;
  const told = trials.map(({ seconds: _, fit: _fit, callbacks: _callbacks, ...trial }) => trial);
  return { told, baseline: baseline.name, best: best.name, verdict, measure, constant, reason, causes, deaths };
}

async function keptLines() {
  const lines: string[] = [];
  const journal = { read: () => [], append: (more: readonly string[]) => void lines.push(...more) };
  const whole = await prescribe(spec, sectors(100), fit, { ...options, journal });
  return { lines, whole };
}

test("goes on from any line, and from a piece of one", async () => {
  const { lines, whole } = await keptLines();
  expect(plain(whole)).toEqual(plain(await prescribe(spec, sectors(100), fit, options)));
  expect(whole.journal).toEqual({ resumed: 0, others: 0, cut: 0, damaged: [] });
  expect(lines.length).toBeGreaterThan(10);
  for (const count of [1, 2, 7, lines.length]) {
    const added: string[] = [];
    const kept = [...lines.slice(0, count), (lines[count] ?? "").slice(0, 100)];
    const journal = { read: () => kept, append: (more: readonly string[]) => void added.push(...more) };
    const again = await prescribe(spec, sectors(100), fit, { ...options, journal });
    expect(plain(again), `${count} lines`).toEqual(plain(whole));
    expect(again.journal).toEqual({ resumed: count, others: 0, cut: Number(count < lines.length), damaged: [] });
    const idsOf = (of: string[]) => of.map((line) => (JSON.parse(line) as { id: string }).id).sort();
    expect(idsOf(added)).toEqual(idsOf(lines.slice(count)));
  }
});

test("what diverges comes back as it was, and workers find what was trained without", async () => {
  const journal = memoryJournal();
  const steep = { ...fit, optimizer: sgd({ learningRate: 1e30 }) };
  const whole = await prescribe(spec, sectors(100), steep, { ...options, trials: 2, journal });
  expect(whole.baseline.failed?.code).toBe("diverged");
  const again = await prescribe(spec, sectors(100), steep, { ...options, trials: 2, workers: 2, journal });
  expect(plain(again)).toEqual(plain(whole));
  expect(again.journal!.resumed).toBe((journal.read() as string[]).length);
});

test("other rows, another start and other arithmetic are other trainings", async () => {
  const { lines } = await keptLines();
  const resumed = async (...[data, more]: [data: object, more?: object]) => {
    const journal = memoryJournal(lines);
    const found = await prescribe(spec, data as ReturnType<typeof sectors>, fit, { ...options, journal, ...more });
    return found.journal!.resumed;
  };
  const data = sectors(100);
  expect(await resumed(data)).toBe(lines.length);
  expect(await resumed({ ...data, weights: data.x.map((_, row) => 1 + (row % 2)) })).toBe(0);
  expect(await resumed(data, { arithmetic: "reproducible" })).toBe(0);
});

test("damaged lines are told and trained again; a sweep's lines stand beside them", async () => {
  const { lines, whole } = await keptLines();
  const journal = memoryJournal([lines[0].replace('"seed":', '"seed":1'), ...lines.slice(1)]);
  await sweep({ base: { spec, fit: { epochs: 1 } }, axes: { bias: [0, 1] } }, sectors(100), { journal });
  const again = await prescribe(spec, sectors(100), fit, { ...options, journal });
  expect(plain(again)).toEqual(plain(whole));
  expect(again.journal).toEqual({ resumed: lines.length - 1, others: 2, cut: 0, damaged: [1] });
  const swept = await sweep({ base: { spec, fit: { epochs: 1 } }, axes: { bias: [0, 1] } }, sectors(100), { journal });
  expect(swept.journal).toMatchObject({ resumed: 2, others: lines.length, damaged: [1] });
});

test("functions have no name, and other files are no journals", async () => {
  const journal = memoryJournal();
  for (const more of [{ learningRate: () => 1 }, { callbacks: [{ onEpochEnd: () => undefined }] }])
    await expectError(prescribe(spec, sectors(100), { ...fit, ...more }, { journal }), "unsupported", "journal");
  await expectError(prescribe(spec, sectors(100), fit, { journal: memoryJournal(["a,b"]) }), "format");
  await expectError(prescribe(spec, sectors(100), fit, { journal: "a.jsonl" as never }), "value", "journal");
});
