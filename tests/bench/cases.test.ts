// Which cases run, and the data on which their results are checked.
import { describe, expect, test } from "vitest";
import type { Context } from "../../bench/measure.js";
import { listCases } from "../../bench/run.js";
import { samples, stretch, WORKLOADS } from "../../bench/workloads.js";

const namesOf = (filter: string, all = false, cores = 2) =>
  listCases({ build: "strict", cores, all } as Context, filter).map(({ name }) => name);

describe("cases", () => {
  test("that take long run where --all or a filter asks for them", () => {
    expect(namesOf("").some((name) => name.startsWith("preventDeaths"))).toBe(false);
    expect(namesOf("preventDeaths")).toHaveLength(6);
    expect(namesOf("", true).some((name) => name.startsWith("preventDeaths"))).toBe(true);
  });

  test("of W5 run with --all alone", () => {
    expect(namesOf("").some((name) => name.includes("W5"))).toBe(false);
    expect(namesOf("step W5", true)).toHaveLength(2);
    expect(() => namesOf("step W5")).toThrow();
  });

  test("of two threads need two cores", () => {
    expect(namesOf("2 threads")).toHaveLength(4);
    expect(() => namesOf("2 threads", false, 1)).toThrow();
    expect(namesOf("", false, 1).some((name) => name.startsWith("threads"))).toBe(false);
  });

  test("have names of their own, and cover every subject", () => {
    const names = namesOf("", true);
    expect(new Set(names).size).toBe(names.length);
    for (const subject of [
      "gemm",
      "activation",
      "loss",
      "update",
      "step",
      "predict",
      "diagnose",
      "counters",
      "half closed",
      "threads",
      "looking: traceDeaths",
      "looking: calibrate",
      "layers batch normalization",
      "layers widening",
    ]) {
      expect(
        names.some((name) => name.startsWith(subject)),
        subject,
      ).toBe(true);
    }
  });
});

describe("rows that stand several times", () => {
  test("lie side by side, with their targets", () => {
    const distinct = samples(WORKLOADS[1]!, 3);
    const { x, y } = stretch(distinct, 7);
    expect(x.rows).toBe(7);
    const row = (matrix: typeof x, index: number) => [
      ...matrix.data.subarray(index * x.columns, (index + 1) * x.columns),
    ];
    [0, 0, 0, 1, 1, 2, 2].forEach((from, to) => {
      expect(row(x, to)).toEqual(row(distinct.x, from));
      expect(y[to]).toBe(distinct.y[from]);
    });
  });
});
