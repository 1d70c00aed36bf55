// The figure "Who killed it?" shows what the package computes: its engine here, and the same trainings by the package.
import { beforeAll, describe, expect, test } from "vitest";
import { FigureHarness } from "./figure-harness.js";
import type { Control } from "../../site/figures/figure.js";
import { serve } from "../../site/figures/who-killed-it/engine.js";
import {
  type Change,
  indexOf,
  LAST_STEP,
  type Lives,
  OPENING,
  type Reply,
  type Request,
  UNITS,
} from "../../site/figures/who-killed-it/messages.js";
import { replay } from "../../site/figures/who-killed-it/training.js";
import { planeTask } from "../../site/tasks/built-in-tasks.js";
import {
  createNetwork,
  type Death,
  type DeathTrace,
  diagnose,
  type Network,
  sgd,
  traceDeaths,
} from "../../src/index.js";

const { train } = planeTask("spiral");
const figureOf = () => new FigureHarness<Request | Control, Reply>(serve);
const isLives = (reply: Reply): reply is Lives => reply.kind === "lives";

async function packageTraining(trace: DeathTrace, change?: Change): Promise<Network> {
  const network = await createNetwork(
    { inputs: 2, layers: [{ units: 10 }, { units: 8 }, { units: 1 }], loss: "binaryCrossEntropy", seed: OPENING.seed },
    { arithmetic: "reproducible" },
  );
  const { rate } = OPENING;
  await network.fit(train, {
    epochs: LAST_STEP / 15,
    batchSize: 16,
    optimizer: sgd({ learningRate: rate }),
    ...(change && { learningRate: (step) => (step >= change.from && step <= change.to ? change.rate : rate) }),
    callbacks: [trace],
  });
  return network;
}

const activities = (network: Network) =>
  diagnose(network, train.x)
    .layers.slice(0, 2)
    .flatMap(({ units }) => units.map(({ activity }) => Math.fround(activity)));

/** All that the figure is sent when it trains to the end, and the shares by unit and step. */
async function wholeTraining(): Promise<{ readonly last: Lives; readonly open: number[][] }> {
  const figure = figureOf();
  figure.send({ kind: "stopAtDeaths", isOn: false });
  figure.send({ kind: "begin", ...OPENING, isRunning: true, atOnce: true });
  const last = await figure.until((reply): reply is Lives => isLives(reply) && reply.isOver);
  const all = figure.replies.filter(isLives).flatMap(({ open }) => [...open]);
  const open = Array.from({ length: UNITS }, (_, unit) => all.filter((_, i) => i % UNITS === unit));
  return { last, open };
}

describe("who killed it", () => {
  let figure: Awaited<ReturnType<typeof wholeTraining>>;
  beforeAll(async () => {
    figure = await wholeTraining();
  });

  test("deaths, sentences and shares are those of the package's trace and diagnosis", async () => {
    const { last, open } = figure;
    const trace = traceDeaths({ explain: Infinity });
    using network = await packageTraining(trace);
    expect(last.step).toBe(LAST_STEP);
    expect(last.deaths.map(({ death }) => death)).toEqual(trace.deaths);
    expect(last.deaths.length).toBeGreaterThan(2);
    expect(open.map((shares) => shares.length)).toEqual(open.map(() => LAST_STEP + 1));
    expect(open.map((shares) => shares.at(-1))).toEqual(activities(network));
    for (const { death, sentence } of last.deaths) {
      const { blow } = death;
      expect(sentence).toContain(`unit ${death.unit + 1} in layer ${death.layer + 1}`);
      const shares = open[indexOf(death)];
      if (death.lastStraw.closedBy === undefined) expect(shares[death.lastStraw.step]).toBe(0);
      if (!blow || blow.isEstimate) continue;
      expect(shares[blow.step - 1]).toBe(Math.fround(blow.openBefore));
      expect(shares[blow.lastStep ?? blow.step]).toBe(Math.fround(blow.openAfter));
    }
  });

  test("what would have been is a training that repeats all bits up to the blow, and then differs", async () => {
    const { last, open } = figure;
    const { death } = last.deaths.find(({ death: { blow } }) => blow?.survivesAt !== undefined && !blow.isEstimate)!;
    const { step, openBefore, openAfter, survivesAt } = death.blow!;
    const change = { from: step, to: step, rate: survivesAt! };
    const shares = (await replay(OPENING, death, change))!;
    const mine = open[indexOf(death)];
    expect([...shares.subarray(0, step)]).toEqual(mine.slice(0, step));
    expect(shares[step]).toBeGreaterThan(mine[step]);
    expect(shares[step]).toBeGreaterThanOrEqual(
      openAfter === 0 ? Math.fround(1 / train.x.rows) : openBefore / 2 - 1e-6,
    );
    using network = await packageTraining(traceDeaths(), change);
    expect(shares).toHaveLength(LAST_STEP + 1);
    expect(shares.at(-1)).toBe(activities(network)[indexOf(death)]);
  });

  test("at the rate that it had, nothing differs", async () => {
    const { layer, unit }: Death = figure.last.deaths[0].death;
    const shares = (await replay(OPENING, { layer, unit }, { from: 3, to: 5, rate: OPENING.rate }))!;
    expect([...shares]).toEqual(figure.open[indexOf({ layer, unit })]);
  });

  test("it stops at a death, goes on when it is run, and the last replay alone is answered", async () => {
    const other = figureOf();
    other.send({ kind: "begin", ...OPENING, isRunning: true, atOnce: true });
    const first = await other.until((reply): reply is Lives => isLives(reply) && reply.deaths.length > 0);
    expect(first).toMatchObject({ isRunning: false, isOver: false });
    expect(first.step).toBeLessThan(200);
    const [{ death }] = first.deaths;
    const { layer, unit } = death;
    for (const rate of [0.1, 0.2, 0.3])
      other.send({ kind: "replay", layer, unit, change: { from: death.blow!.step, to: death.blow!.step, rate } });
    await other.until((reply) => reply.kind === "replayed");
    const answered = other.replies.flatMap((reply) => (reply.kind === "replayed" ? [reply.change.rate] : []));
    expect(answered).toEqual([0.3]);
    other.send({ kind: "step" });
    await other.until((reply) => isLives(reply) && reply.step === first.step + 1);
  });
});
