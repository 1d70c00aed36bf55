// Journals: a line is believed only where it is whole.
import { expect, test } from "vitest";
import { type JournalEntry, readJournals, readLine, writeLine } from "../../../src/sweep/journal/journal.js";
import { memoryJournal, mergeJournals } from "../../../src/sweep.js";
import { expectError } from "../../support/errors.js";

/** Of the wrong shape, though nothing is damaged: somebody wrote it so. */
const odd = (figures: object) => writeLine({ ...entry("a"), figures: { seconds: 1, trained: 1, ...figures } as never });

const entry = (id: string, more: Partial<JournalEntry> = {}): JournalEntry => ({
  id,
  build: "b",
  data: "d",
  at: { bias: -0.5, activation: "rélu \n" },
  seed: 1,
  epochs: 3,
  host: "here",
  figures: { loss: 0.1 + 0.2, seconds: 1e-7, trained: 3, learning: { verdict: 'fine, "check":"00000000"}' } },
  ...more,
});

test("a line reads back as it was, on one line", () => {
  const line = writeLine(entry("a"));
  expect(line).not.toContain("\n");
  expect(readLine(line)).toMatchObject(entry("a"));
});

test("whatever byte of a line is lost or changed, it is not believed", () => {
  const line = writeLine(entry("a"));
  for (let at = 0; at < line.length; at++) {
    expect(["cut", "damaged"]).toContain(readLine(line.slice(0, at)));
    const other = line[at] === "7" ? "8" : "7";
    expect(["cut", "damaged"], `${at}`).toContain(readLine(line.slice(0, at) + other + line.slice(at + 1)));
    expect(["cut", "damaged"]).toContain(readLine(line.slice(0, at) + line.slice(at + 1)));
  }
});

test("cut lines are passed over, damaged ones are told, wherever they are", async () => {
  const [a, b, c] = ["a", "b", "c"].map((id) => writeLine(entry(id)));
  const lines = [a, b.slice(0, 40), "", c.replace('"seed":1', '"seed":2'), b];
  const { entries, cut, damaged } = await readJournals([memoryJournal(lines)]);
  expect([...entries.keys()]).toEqual(["a", "b"]);
  expect([cut, damaged]).toEqual([1, [4]]);
});

test("figures that can be none are damage", () => {
  expect(readLine(odd({ units: [2], dead: [2], causes: { born: 2 } }))).toMatchObject({ id: "a" });
  for (const figures of [
    { accuracy: 2 },
    { loss: "1" },
    { units: [2], dead: [3] },
    { units: [2], dead: [1, 1] },
    { units: [2], dead: [1], born: [2] },
    { units: [2], dead: [1], born: [] },
    { units: [2], born: [1] },
    { causes: { bored: 1 } },
    { causes: { born: -1 } },
    { failed: { code: "rm", message: "" } },
    { learning: { verdict: "x".repeat(5000) } },
    { code: "x" },
    { seconds: -1 },
  ])
    expect(readLine(odd(figures)), JSON.stringify(figures)).toBe("damaged");
  expect(readLine(writeLine(entry("../../a")))).toBe("damaged");
});

test("another program's file is refused", async () => {
  await expectError(readJournals([memoryJournal(["x,y", "1,2"])]), "format");
  await expectError(readJournals([memoryJournal(['{"relumine":"model"}'])]), "format");
  const killed = writeLine(entry("a")).slice(0, 9); // at its first line
  expect((await readJournals([memoryJournal([killed])])).cut).toBe(1);
  expect((await readJournals([memoryJournal()])).entries.size).toBe(0);
});

test("journals merge, each trial once", async () => {
  const [a, b] = [
    ["a", "b"],
    ["b", "c"],
  ].map((ids) => memoryJournal(ids.map((id) => writeLine(entry(id)))));
  const all = memoryJournal([writeLine(entry("a"))]);
  expect(await mergeJournals([a, b], all)).toBe(2);
  expect([...(await readJournals([all])).entries.keys()]).toEqual(["a", "b", "c"]);
  expect((await readJournals([a, b])).entries.size).toBe(3);
});

test.each(["build", "data", "at", "seed", "epochs"])(
  "a line without %s, though its checksum is right, is damage",
  (name) => {
    expect(readLine(writeLine(entry("a", { [name]: undefined })))).toBe("damaged");
    expect(readLine(writeLine(entry("a", { [name]: [null] as never })))).toBe("damaged");
  },
);
