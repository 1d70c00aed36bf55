// Maps of death: cells are those of the sweep that they are, coarse first, the same whoever does them; what they say in
// words is so; what is wrong is told before anything trains.
import { describe, expect, test } from "vitest";
import {
  type CallbackData,
  deathMap,
  type DeathMap,
  localEngine,
  memoryJournal,
  sweep,
  type MapPlan,
  type SweepEngine,
} from "../../../src/sweep.js";
import { sum } from "../../../src/core/statistics.js";
import { fillCoarse } from "../../../src/sweep/map/look.js";
import { drawCells, drawLegend } from "../../../src/sweep/map/map-text.js";
import { pictureOf } from "../../../src/sweep/map/pictures.js";
import { plotTable, plotToSvg } from "../../../src/report/plot.js";
import { expectError } from "../../support/errors.js";
import { sectors } from "../../support/samples.js";

const spec = { inputs: 2, layers: [{ units: 12 }, { units: 3 }], loss: "crossEntropy" as const, seed: 2 };
const data = { ...sectors(120), validation: sectors(40, 3, 9) };
const here = localEngine({ workers: 1 });
const plan: MapPlan = {
  base: { spec, fit: { optimizer: "sgd", epochs: 4, batchSize: 16 } },
  x: { name: "learningRate", values: { from: 0.01, to: 30, count: 7 } },
  y: { name: "bias", values: { from: -6, to: 1, count: 4 } },
  repeats: 2,
};
const plain = ({ seconds: _seconds, hosts: _hosts, journal: _journal, ...rest }: DeathMap) => rest;

/** Says what a share of dead units that a formula gives, and trains nothing. */
const invented = (
  share: (rate: number, bias: number, seed: number, layer: number) => number,
  bornOf: (layer: number, rate: number) => number = () => 0,
): SweepEngine => ({
  async run(trials, _work, { onResult }) {
    const all = trials[Symbol.asyncIterator]();
    for (let next = await all.next(); !next.done; next = await all.next()) {
      const { settings, seed } = next.value.task as unknown as {
        seed: number;
        settings: {
          optimizer: { options: { learningRate: number } };
          spec: { layers: { units: number; biasInitializer: number }[] };
        };
      };
      const hidden = settings.spec.layers.slice(0, -1);
      const dead = hidden.map(({ units }, layer) =>
        Math.round(units * share(settings.optimizer.options.learningRate, hidden[0].biasInitializer, seed, layer)),
      );
      const born = dead.map((count, layer) =>
        Math.round(count * bornOf(layer, settings.optimizer.options.learningRate)),
      );
      const [all, early] = [sum(dead), sum(born)];
      const causes = { born: early, unexplained: all - early };
      await onResult(
        next.value,
        { loss: 1, accuracy: 0.9, units: hidden.map(({ units }) => units), dead, born, causes, seconds: 0, trained: 4 },
        "here",
      );
    }
  },
});
type Failure = { code: "diverged" | "memory"; message: string };

/** Trainings at some rates and biases fail: without a network, or with what one left. */
function failing(
  isLost: (rate: number, bias: number) => boolean,
  known = invented((rate) => (rate > 0.1 ? 1 : 0)),
  { leaves = false, failed = { code: "diverged", message: "it left the finite numbers" } as Failure } = {},
): SweepEngine {
  return {
    run: (trials, work, options) =>
      known.run(trials, work, {
        ...options,
        onResult: (trial, figures, host) => {
          const { settings } = trial.task as unknown as {
            settings: {
              optimizer: { options: { learningRate: number } };
              spec: { layers: { biasInitializer: number }[] };
            };
          };
          const [{ biasInitializer }] = settings.spec.layers;
          const lost = leaves ? { ...figures, failed } : { seconds: 0, trained: 0, failed };
          const has = !isLost(settings.optimizer.options.learningRate, biasInitializer);
          return options.onResult(trial, has ? figures : lost, host);
        },
      }),
  };
}
const wide: MapPlan = {
  ...plan,
  base: { ...plan.base, spec: { ...spec, layers: [{ units: 100 }, { units: 100 }, { units: 3 }] } },
  x: { name: "learningRate", values: { from: 0.01, to: 10, count: 31 } },
  y: { name: "bias", values: { from: -2, to: 1, count: 7 } },
};
const say = async (engine: SweepEngine, given = wide) => (await deathMap(given, data, { engine })).sentences;

describe("a map", () => {
  test("is of its engine's arithmetic, what is beside it too", async () => {
    const { y: _, ...line } = { ...plan, x: { name: "learningRate", values: [0.01, 0.1, 1] }, repeats: 1 };
    const engine: SweepEngine = { arithmetic: "reproducible", run: (...all) => here.run(...all) };
    const map = plain(await deathMap(line, data, { engine }));
    expect(map).toEqual(plain(await deathMap({ ...line, arithmetic: "reproducible" }, data, { engine: here })));
    expect(map.build).toMatch(/-strict$/);
    expect(map.forecast!.rates).toHaveLength(3);
  });

  test("has the cells of the sweep that it is", async () => {
    const map = await deathMap(plan, data, { engine: here });
    const axes = {
      bias: { from: -6, to: 1, count: 4 },
      learningRate: { from: 0.01, to: 30, count: 7, scale: "log" as const },
    };
    const { cells, trials } = await sweep({ base: plan.base, axes, repeats: 2 }, data, { engine: here });
    expect(map.cells.map(({ x, y, dead, score, layers }) => [x, y, dead, score, layers])).toEqual(
      cells.map(({ at, deadFraction, score, dead }) => [at.learningRate, at.bias, deadFraction, score, dead]),
    );
    for (const { column, row, deadRange, x, y } of map.cells) {
      expect([map.x.values[column], map.y!.values[row]]).toEqual([x, y]);
      const own = trials.filter(({ at }) => at.learningRate === x && at.bias === y).map((trial) => trial.deadFraction!);
      expect(deadRange).toEqual({ low: Math.min(...own), high: Math.max(...own) });
    }
    expect(map.cells.at(-1)!.dead).toBeGreaterThan(map.cells.at(-7)!.dead!); // it is a map of something
    expect(map.x.own).toBe(0.01);
    expect(map.y!.own).toBe(0);
    expect(map.walls.map(({ level }) => level)).toEqual([0.1, 0.5]);
  });

  test("is the same on any number of workers, and from a journal", async () => {
    const journal = memoryJournal();
    const map = plain(await deathMap(plan, data, { engine: here, journal }));
    expect(plain(await deathMap(plan, data, { engine: localEngine({ workers: 2 }) }))).toEqual(map);
    const idle: SweepEngine = { run: async (trials) => void (await trials[Symbol.asyncIterator]().next()) };
    expect(plain(await deathMap(plan, data, { engine: idle, journal }))).toEqual(map);
  });

  test("comes coarse first: the whole is seen after the first few trials", async () => {
    const seen: number[][] = [];
    const large = { ...wide, x: { name: "learningRate", values: { from: 0.01, to: 10, count: 32 } } };
    const both = { ...large, y: { name: "bias", values: { from: -2, to: 1, count: 32 } }, repeats: 1 };
    await deathMap(both, data, {
      engine: invented(() => 0),
      onProgress: ({ done }, soFar) => {
        if (done === 16) for (const { column, row } of soFar().cells) seen.push([column, row]);
      },
    });
    const every = [0, 8, 16, 24];
    expect(seen).toEqual(every.flatMap((row) => every.map((column) => [column, row])));
  });

  test("stops, and tells what is in", async () => {
    const stop = new AbortController();
    const map = await deathMap(plan, data, {
      engine: here,
      signal: stop.signal,
      onProgress: ({ done }) => done === 5 && stop.abort(),
    });
    expect(map.stopped).toBe("aborted");
    expect(map.cells.length).toBeLessThan(28);
    expect(String(map)).toMatch(/of 56/);
  });
});

test("what is not in yet looks like the cell of a coarser grid", async () => {
  const seen: (number | undefined)[][] = [];
  await deathMap({ ...wide, repeats: 1 }, data, {
    engine: invented((rate) => (rate > 1 ? 1 : 0)),
    onProgress: ({ done, total }, soFar) => {
      if (![4, 100, total].includes(done)) return;
      const at = fillCoarse(soFar());
      seen.push([0, 10, 19, 25, 30].map((column) => at(column, 5)?.dead));
    },
  });
  expect(seen).toEqual([
    [0, 0, 0, 0, 0],
    [0, 0, 0, 1, 1],
    [0, 0, 0, 1, 1],
  ]);
});

describe("what it says", () => {
  test("from which rate on units die, by row", async () => {
    const words = await say(invented((rate, bias) => (rate >= (bias >= 0 ? 0.9 : 0.09) ? 0.6 : 0)));
    expect(words.join(" ")).toMatch(/At bias -2 to -0\.5, a tenth .* die from rate 0\.08\d* on\./);
    expect(words.join(" ")).toMatch(/At bias 0 to 1, a tenth .* die from rate 0\.8\d* on\./);
  });

  test("that layers are born dead at any rate", async () => {
    const words = await say(
      invented(
        (_rate, bias) => (bias <= -1 ? 1 : 0),
        () => 1,
      ),
    );
    expect(words[0]).toMatch(/^At bias -2 to -1, both hidden layers are born dead at any rate/);
    expect(words[1]).toMatch(/^At bias -0\.5 to 1, fewer than a tenth of the units are dead at any rate/);
    const one = await say(
      invented(
        (_rate, bias, _seed, layer) => (bias <= -1 && layer === 1 ? 1 : 0),
        () => 1,
      ),
    );
    expect(one[0]).toMatch(/^At bias -2 to -1, layer 1 is born dead at any rate/);
    const trained = await say(invented((_rate, bias) => (bias <= -1 ? 0.3 : 0)));
    expect(trained[0]).toMatch(/^At bias -2 to -1, a tenth of the units or more are dead at any rate/);
  });

  test("that layers are born dead of those alone that are", async () => {
    const isWhole = (_rate: number, bias: number) => (bias <= -1 ? 1 : 0);
    const words = async (bornOf: (layer: number, rate: number) => number) => (await say(invented(isWhole, bornOf)))[0];
    expect(await words((layer) => (layer === 0 ? 1 : 0))).toMatch(
      /^At bias -2 to -1, both hidden layers are dead as a whole, layer 0 since before the first step, at any rate/,
    );
    expect(await words(() => 0.97)).toMatch(/^At bias -2 to -1, both hidden layers are dead as a whole at any rate/);
    expect(await words((_layer, rate) => (rate < 9 ? 1 : 0.5))).toMatch(/^At bias .* are dead as a whole at any rate/);
    // layer 0, of many units that are born dead but for one, does not make layer 1 born dead, which is smaller
    const base = { ...wide.base, spec: { ...spec, layers: [{ units: 100 }, { units: 4 }, { units: 3 }] } };
    const small = invented(
      (_rate, _bias, _seed, layer) => (layer === 0 ? 0.99 : 1),
      (layer) => (layer === 0 ? 1 : 0),
    );
    expect((await say(small, { ...wide, base }))[0]).toMatch(/layer 1 is dead as a whole at any rate/);
  });

  test("of layers as many as the rows that it is said of have", async () => {
    const narrow = { ...wide, x: { name: "learningRate", values: [0.01, 0.02] }, repeats: 1 };
    const words = await say(
      invented(() => 1),
      { ...narrow, y: { name: "depth", values: [1, 2, 4] } },
    );
    expect(words.slice(0, 3).map((each) => each.replace(/ at any.*/, ""))).toEqual([
      "At depth 1, the hidden layer is dead as a whole",
      "At depth 2, both hidden layers are dead as a whole",
      "At depth 4, all 4 hidden layers are dead as a whole",
    ]);
    const { y: _, ...line } = { ...narrow, x: { name: "depth", values: [1, 2, 4] } };
    expect(
      (
        await say(
          invented(() => 1),
          line as MapPlan,
        )
      )[0],
    ).toMatch(/^Layer 0 is dead as a whole at any depth/);
  });

  test("of what no training left a network", async () => {
    const [words] = await say(failing((rate) => rate > 5));
    expect(words).toMatch(/die from rate 0\.1\d* on; of 28 cells there no training left a network\.$/);
    const rows = await say(failing((_rate, bias) => bias >= 0.5));
    expect(rows[0]).not.toMatch(/network/);
    expect(rows[1]).toBe("Of 2 rows too few trainings left a network to tell.");
  });

  test("of trainings that failed, how, and where fewer are dead because of it", async () => {
    const died = invented((rate) => (rate > 0.1 && rate < 1 ? 1 : 0));
    const words = await say(failing((rate) => rate > 0.9, died, { leaves: true }));
    expect(words[0]).toMatch(
      /from rate 0\.1\d* on, fewer from [01](\.\d*)? on, where trainings fail before their end\.$/,
    );
    expect(words.find((each) => each.includes("failed"))).toMatch(
      /^In 77 cells trainings failed: 154 diverged; the low/,
    );
    const all = await say(
      failing(
        () => true,
        invented(() => 0),
        { leaves: true },
      ),
    );
    expect(all[0]).toMatch(
      /at any rate \(0\.0 %\); in 217 cells where fewer are dead, trainings failed before their end\.$/,
    );
    const failed = { code: "memory" as const, message: "too many" };
    const large = await say(failing((rate) => rate > 5, died, { failed }));
    expect(large.join(" ")).toMatch(
      /trainings failed: \d+ would not fit into the memory; the lowest rate of them is 5/,
    );
    expect(large.join(" ")).not.toMatch(/diverged/);
  });

  test("the same of a side in another order", async () => {
    const engine = () => invented((rate) => (rate >= 0.9 ? 0.6 : 0));
    const falling = { ...wide, x: { name: "learningRate", values: { from: 10, to: 0.01, count: 31 } } };
    expect(await say(engine(), falling)).toEqual(await say(engine()));
    const mixed = { ...wide, x: { name: "learningRate", values: [1, 0.1, 3] }, y: { name: "bias", values: [1, 0] } };
    expect((await say(engine(), mixed))[0]).toMatch(/^At bias 0 to 1, .* die from rate 0\.\d+ on\.$/);
  });

  test("of words, which have no order, at which", async () => {
    const kinds: SweepEngine = {
      run: (trials, work, options) =>
        invented(() => 0).run(trials, work, {
          ...options,
          onResult: (trial, figures, host) => {
            const { settings } = trial.task as unknown as { settings: { spec: { layers: { activation: object }[] } } };
            const isRelu = JSON.stringify(settings.spec.layers[0].activation).includes('"relu"');
            return options.onResult(trial, isRelu ? { ...figures, dead: figures.units } : figures, host);
          },
        }),
    };
    const x = { name: "activation", values: ["tanh", "relu", "gelu"] };
    const map = await deathMap({ ...wide, x }, data, { engine: kinds });
    expect(map.sentences[0]).toBe(
      "At bias -2 to 1, a tenth of the units or more are dead at activation relu, " +
        "fewer at tanh and gelu (0.0 to 100.0 %).",
    );
    expect(map.walls.map(({ lines }) => lines)).toEqual([[], []]);
    const up = await say(kinds, { ...wide, y: x });
    expect(up[1]).toMatch(/^At activation relu, /);
    const { y: _, ...line } = { ...wide, x };
    const plot = pictureOf(await deathMap(line, data, { engine: kinds }), "dead");
    expect(plotTable(plot).rows.map(([name]) => name)).toEqual(["tanh", "relu", "gelu"]);
    const svg = plotToSvg(plot);
    for (const name of x.values) expect(svg).toContain(`>${name}</text>`);
    expect(svg).not.toContain(">0.5</text>");
  });

  test("whole numbers where there is nothing between", async () => {
    const deep: SweepEngine = {
      run: (trials, work, options) =>
        invented(() => 0).run(trials, work, {
          ...options,
          onResult: (trial, figures, host) => {
            const isDeep = figures.units!.length > 3;
            return options.onResult(trial, isDeep ? { ...figures, dead: figures.units } : figures, host);
          },
        }),
    };
    const { y: _, ...line } = { ...wide, x: { name: "depth", values: [1, 2, 3, 4, 5] } };
    expect((await say(deep, line))[0]).toBe("A tenth of the units or more die from depth 4 on.");
  });

  test("nothing of cells that are not in yet", async () => {
    const stop = new AbortController();
    const { sentences } = await deathMap(wide, data, {
      engine: invented((rate) => (rate > 3 ? 1 : 0)),
      signal: stop.signal,
      onProgress: ({ done }) => void (done === 8 && stop.abort()),
    });
    expect(sentences[0]).toMatch(/at every rate that is in \(0\.0 %\); \d+ cells there are not in yet\.$/);
    expect(sentences.join(" ")).not.toMatch(/at any/);
  });

  test("how many rows are left out where there are too many kinds", async () => {
    const rows = { ...wide, y: { name: "bias", values: { from: 0, to: 6, count: 7 } } };
    const words = await say(
      invented((rate, bias) => (rate > 0.02 * 4 ** Math.abs(bias % 2) * (bias % 2 ? 30 : 1) ? 1 : 0)),
      rows,
    );
    expect(words.slice(0, 5).every((each) => /^At bias \d, /.test(each))).toBe(true);
    expect(words[5]).toBe("2 other rows of the map are left out here.");
  });

  test("up to where, between, and on either side", async () => {
    const words = async (isDead: (rate: number) => boolean) =>
      (await say(invented((rate) => (isDead(rate) ? 1 : 0))))[0];
    expect(await words((rate) => rate < 0.5)).toMatch(/die up to rate 0\.\d+, fewer above/);
    expect(await words((rate) => rate > 0.1 && rate < 2)).toMatch(/die from rate 0\.1\d* on and/);
    expect(await words((rate) => rate < 0.1 || rate > 2)).toMatch(/die between rate 0\.\d+ and [12](\.\d)?, more/);
  });

  test("where the own setting lies, and how far from the wall", async () => {
    const engine = invented((rate) => (rate >= 0.95 ? 1 : 0));
    const own = (words: readonly string[]) => words.find((each) => each.startsWith("Your own"));
    expect(own(await say(engine))).toMatch(/rate 0\.01, bias 0: 0\.0 % .* die at 8\d times its rate/);
    expect(own(await say(engine, { ...wide, at: { learningRate: 20 } }))).toMatch(/outside of the map/);
    expect(own(await say(engine, { ...wide, at: { learningRate: 0.1, bias: -1 } }))).toMatch(/rate 0\.1, bias -1: /);
    const several = [{ units: 4, biasInitializer: 1 }, { units: 4 }, { units: 3 }];
    const base = { ...wide.base, spec: { ...spec, layers: several } };
    expect(own(await say(engine, { ...wide, base }))).toBeUndefined();
  });

  test("how far seeds lie apart", async () => {
    const words = await say(invented((rate, _bias, seed) => (rate > 1 && seed === 2 ? 0.5 : 0)));
    expect(words.join(" ")).toMatch(/In \d+ cells of 217 some seeds lie below a tenth .* 50\.0 % at most/);
    const same = await say(invented((rate) => (rate > 1 ? 0.5 : 0)));
    expect(same.join(" ")).toMatch(/Seeds agree/);
  });
});

describe("how it is drawn", () => {
  const pictures = async (given: MapPlan, engine = invented((rate) => (rate > 1 ? 1 : 0))) =>
    drawCells(await deathMap({ ...given, repeats: 1 }, data, { engine }));

  test("a row of cells for each value up, highest first; the own setting marked", async () => {
    const [title, ...lines] = await pictures(wide);
    expect(title).toBe("bias");
    expect(lines).toHaveLength(8);
    expect(lines[0]).toMatch(/^ +1 \|(··)+(██)+\|$/);
    expect(lines.slice(0, 7).map((each) => each.includes("@"))).toEqual([
      false,
      false,
      true,
      false,
      false,
      false,
      false,
    ]);
    expect(lines[7]).toMatch(/^ +0\.01 +rate +10$/);
  });

  test("values of a list stand under their cells; words that do not fit below them", async () => {
    const inner = (text: string) => text.slice("-1.33 |".length);
    const lists = await pictures(
      { ...plan, x: { name: "activation", values: ["relu", "gelu", "elu"] } },
      invented(() => 0),
    );
    expect(lists.slice(-2).map(inner)).toEqual(["relu gelu elu", "   activation"]);
    const few = await pictures({ ...plan, x: { name: "learningRate", values: { from: 0.01, to: 3, count: 3 } } });
    expect(few.slice(-2).map(inner)).toEqual(["0.01 3", " rate"]);
  });

  test("a cross where all trainings failed, with what they left", async () => {
    const engine = failing(
      (rate) => rate > 1.5,
      invented(() => 0),
      { leaves: true },
    );
    const map = await deathMap({ ...wide, repeats: 1 }, data, { engine });
    expect(drawCells(map)[1]).toMatch(/\|(··)+(·x)+\|$/);
    expect(drawLegend(map)).toContain("x failed");
    expect(plotToSvg(pictureOf(map, "dead"))).toContain("all failed: as they stopped");
    const healthy = await deathMap({ ...wide, repeats: 1 }, data, { engine: invented(() => 0) });
    expect(drawCells(healthy).join("") + drawLegend(healthy)).not.toContain("x");
  });

  test("never wider than a terminal, however many cells", async () => {
    const many = { ...wide, x: { name: "learningRate", values: { from: 0.01, to: 10, count: 200 } } };
    for (const line of await pictures(many)) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe("a line", () => {
  const line: MapPlan = {
    base: plan.base,
    x: { name: "learningRate", values: { from: 0.01, to: 10, count: 9 } },
    repeats: 2,
  };

  test("over rates has a range test, and a forecast that is compared", async () => {
    const map = await deathMap(line, data, { engine: here });
    expect(map.y).toBeUndefined();
    expect(map.walls).toEqual([]);
    const { rangeTest, forecast, cells } = map;
    expect(rangeTest!.points[0][0]).toBe(0.01);
    expect(rangeTest!.lowest).toBeGreaterThan(0.01);
    const errors = forecast!.rates.map(({ rate, median }) =>
      Math.abs(median - cells.find(({ x }) => x === rate)!.dead!),
    );
    expect(errors).toHaveLength(9);
    expect(forecast!.meanError).toBeCloseTo(errors.reduce((sum, error) => sum + error, 0) / 9, 12);
    expect(map.sentences.join(" ")).toMatch(/Range test: .* The forecast, .* was off by/);
    expect(plain(await deathMap(line, data, { engine: here }))).toEqual(plain(map));
  });

  test("with a loss below 0, of which twice says nothing", async () => {
    const counts: MapPlan = {
      base: {
        spec: { inputs: 2, layers: [{ units: 8 }, { units: 1, activation: "softplus" }], loss: "poisson" },
        fit: { optimizer: "sgd", epochs: 2 },
      },
      x: { name: "learningRate", values: { from: 0.001, to: 0.05, count: 3 } },
      repeats: 1,
    };
    const y = data.x.map(([a]: readonly number[]) => [Math.round(30 + 5 * Math.sin(a))]);
    const { rangeTest, sentences } = await deathMap(counts, { x: data.x, y }, { engine: here });
    expect(Math.min(...rangeTest!.points.map(([, loss]) => loss))).toBeLessThan(0);
    expect([rangeTest!.risesFrom, sentences.join(" ")]).toEqual([undefined, expect.stringMatching(/Range test/)]);
    expect(sentences.join(" ")).not.toMatch(/twice/);
  });

  test("has the base's callbacks in its range test", async () => {
    const test = async (callbacks: readonly CallbackData[]) => {
      const base = { ...line.base, fit: { ...line.base.fit, callbacks } };
      return (await deathMap({ ...line, base }, data, { engine: here })).rangeTest!.points;
    };
    const options = { everySteps: 5, dormantBelow: 0.9 };
    const plain = await test([]);
    expect(await test([{ name: "recycleDormant", options }])).not.toEqual(plain);
    expect(await test([{ name: "earlyStopping", options: { patience: 1 } }])).toEqual(plain);
  });

  test("that is stopped while it looks beside tells so", async () => {
    const stop = new AbortController();
    const large = { ...spec, layers: [{ units: 512 }, { units: 512 }, { units: 3 }] }; // some seconds
    const map = await deathMap({ ...line, base: { ...line.base, spec: large } }, data, {
      engine: invented(() => 0),
      signal: stop.signal,
      onProgress: ({ done, total }) => void (done === total && setTimeout(() => stop.abort(), 5)),
    });
    expect([map.stopped, map.trials, map.rangeTest, map.forecast]).toEqual(["aborted", 18, undefined, undefined]);
  });

  test("over other things, or unasked, has none", async () => {
    const units: MapPlan = { ...line, x: { name: "units", values: [2, 4, 8] } };
    for (const map of [
      await deathMap(units, data, { engine: here }),
      await deathMap(line, data, { engine: here, forecast: false }),
    ])
      expect([map.rangeTest, map.forecast]).toEqual([undefined, undefined]);
  });
});

test.each<[string, unknown, string]>([
  ["a path that is near another", { ...plan, x: { name: "learningRat", values: [1, 2] } }, "plan.axes.learningRat"],
  ["an axis of one value", { ...plan, x: { name: "units", values: [8] } }, "plan.axes.units"],
  ["the same axis twice", { ...plan, y: plan.x }, "plan.y.name"],
  ["another's setting", { ...plan, at: { units: 3 } }, "plan.at.units"],
  ["a setting that no training has", { ...plan, at: { learningRate: "abc" } }, "plan.at: learningRate"],
  ["a negative one", { ...plan, at: { learningRate: -1 } }, "plan.at: learningRate"],
  ["one of NaN", { ...plan, at: { bias: Number.NaN } }, "plan.at: bias"],
  ["an axis that is none", { ...plan, x: { name: "units", values: 3 } }, "plan.x.values"],
  ["a member that there is not", { ...plan, z: 1 }, "plan.z"],
])("%s is refused", async (_name, given, path) => {
  await expectError(deathMap(given as MapPlan, data), "value", path);
});

test("a billion cells are refused with their count, and nothing is made of them", async () => {
  const side = (name: string) => ({ name, values: { from: 1, to: 2, count: 31_623 } });
  const given: MapPlan = { ...plan, x: side("learningRate"), y: side("bias"), repeats: 1 };
  const started = performance.now();
  const error = await expectError(deathMap(given, data), "value", "plan");
  expect(error.given).toContain("1,000,014,129");
  expect(performance.now() - started).toBeLessThan(1000);
});
