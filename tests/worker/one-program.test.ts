// The same program beside the network and across a message channel: the same bits.
import { expect, it } from "vitest";
import * as direct from "../../src/index.js";
import * as remote from "../../src/worker.js";
import { program } from "./one-program.js";

it("gives the same weights, deaths, frames, diagnosis and prescription with either import", async () => {
  const here = await program(direct);
  const there = await program(remote);
  expect(there).toEqual(here);
  const { deaths, frames, recycled, prescription } = here as {
    deaths: readonly unknown[];
    frames: readonly unknown[];
    recycled: readonly number[];
    prescription: { workers: number; trials: readonly unknown[] };
  };
  expect(deaths.length).toBeGreaterThan(0); // the program has something to tell
  expect(frames).toHaveLength(5);
  expect(recycled.some((count) => count > 0)).toBe(true);
  expect(prescription.workers).toBe(2);
  expect(prescription.trials).toHaveLength(5);
});

it("every function of relumine/worker is one of relumine, and none is missing but for serve", () => {
  const functions = (api: object) => Object.keys(api).sort();
  expect(functions(remote)).toEqual(functions(direct));
});

it("what needs no network runs where it is called", async () => {
  const layers = [
    {
      name: "hidden",
      preactivations: [
        [1, -1],
        [2, -3],
      ],
    },
  ];
  expect(await remote.diagnoseActivations({ layers })).toEqual(direct.diagnoseActivations({ layers }));
  const moments = { rows: 1000, mean: [9, 3], std: [1, 2] };
  expect(await remote.forecastDeadLatents(moments)).toEqual(direct.forecastDeadLatents(moments));
});
