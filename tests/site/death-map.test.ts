// The figure "The map of death" shows the package's own map: its engine here, beside deathMap of the package.
import { expect, test } from "vitest";
import { RECIPE, serve } from "../../site/figures/death-map/engine.js";
import { canBeMapped, FULL_RANGE, mapDataOf, mapPlanOf, sweepPlanOf } from "../../site/figures/death-map/map-plan.js";
import type { CellCourse, FromMapEngine, MapPicture, ToMapEngine } from "../../site/figures/death-map/messages.js";
import { type ToTrialWorker, TrialEngine, type TrialWorker } from "../../site/figures/death-map/trial-engine.js";
import { planeTask } from "../../site/tasks/built-in-tasks.js";
import { deathMap, localEngine, openWork, retrain, sweep, type SweepTask } from "../../src/sweep.js";
import { countDead } from "../../src/inspect/dead-units.js";
import { pageNaming } from "../../site/training/naming.js";
import { typeset } from "../../src/text/numbers.js";

const RANGE = { rates: [0.1, 0.8, 6.6], biases: [-1.2, -0.2, 0], repeats: 2, epochs: 12 };
const task = planeTask("spiral");
const plan = mapPlanOf(RECIPE, task, RANGE);
const data = mapDataOf(RECIPE, task);

/** A worker as the page starts it, on this thread. */
class FakeWorker implements TrialWorker {
  onmessage: TrialWorker["onmessage"] = null;
  onerror: TrialWorker["onerror"] = null;
  static done = 0;
  static ended = 0;
  private work: ReturnType<typeof openWork> | undefined;
  private left: number;

  /** @param trials that it does before it is lost */
  constructor(trials = Infinity) {
    this.left = trials;
  }

  postMessage(message: ToTrialWorker): void {
    if ("file" in message) this.work = openWork(message.file, message.arithmetic);
    else if (this.left-- <= 0) this.onerror!.call(this as never, {} as ErrorEvent);
    else void this.train(message.task);
  }

  private async train(task: SweepTask): Promise<void> {
    const figures = await this.work!.run(task);
    FakeWorker.done++;
    this.onmessage!.call(this as never, { data: figures } as MessageEvent);
  }

  terminate(): void {
    FakeWorker.ended++;
  }
}

async function ask(message: ToMapEngine, engine: TrialEngine): Promise<FromMapEngine[]> {
  const replies: FromMapEngine[] = [];
  await serve((reply) => replies.push(reply), RANGE, engine)(message);
  return replies;
}

const picturesOf = (replies: readonly FromMapEngine[]): MapPicture[] =>
  replies.flatMap((reply) => (reply.kind === "map" ? [reply.picture] : []));

const alone = () => new TrialEngine(1, () => undefined);

test("the figure's map is deathMap's to the bit, on one thread and on workers, of which one is lost", async () => {
  const whole = await deathMap(plan, data, { engine: localEngine({ workers: 1 }) });
  const lost = [new FakeWorker(2), new FakeWorker()];
  const pictures = await Promise.all(
    [alone(), new TrialEngine(2, () => lost.pop())].map(async (engine) =>
      picturesOf(await ask({ kind: "map" }, engine)).at(-1)!,
    ),
  );
  for (const picture of pictures) {
    expect(picture.isWhole).toBe(true);
    expect(picture.cells).toEqual(whole.cells);
    expect(picture.walls).toEqual(whole.walls);
    expect([picture.x, picture.y, picture.constant]).toEqual([whole.x, whole.y, whole.constant]);
  }
  expect(FakeWorker.done).toBeGreaterThan(2);
  expect(FakeWorker.ended).toBe(2);
});

test("its sentences are the package's, layers counted from 1", async () => {
  const whole = await deathMap(plan, data, { engine: localEngine({ workers: 1 }) });
  const picture = picturesOf(await ask({ kind: "map" }, alone())).at(-1)!;
  const counted = whole.sentences.map((text) =>
    typeset(text.replace(/layer (\d)/, (_, n) => `layer ${Number(n) + 1}`)),
  );
  expect(picture.sentences).toEqual(counted);
  expect(pageNaming().layer(0)).toBe("1");
  expect(picture.sentences.join(" ")).toMatch(/layer 2 is born dead/);
});

test("a first picture has few cells, later ones more", async () => {
  const engine = alone();
  const replies: MapPicture[] = [];
  await serve((reply) => reply.kind === "map" && replies.push(reply.picture), RANGE, engine)({ kind: "map" });
  expect(replies[0].trials).toBe(1);
  expect(replies.map(({ trials }) => trials)).toEqual(replies.map(({ trials }) => trials).toSorted((a, b) => a - b));
  expect(replies.at(-1)!.trials).toBe(18);
});

test("paused, it begins no trial", async () => {
  const engine = alone();
  const replies: FromMapEngine[] = [];
  const take = serve((reply) => replies.push(reply), RANGE, engine);
  await take({ kind: "pause" });
  const whole = take({ kind: "map" });
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(replies).toEqual([]);
  await take({ kind: "resume" });
  await whole;
  expect(picturesOf(replies).at(-1)!.isWhole).toBe(true);
});

test("the training of a cell is one of the map's own, and ends at its figures", async () => {
  const place = { column: 1, row: 2, repeat: 1 };
  const [reply] = await ask({ kind: "train", ...place }, alone());
  const { course } = reply as { course: CellCourse };
  const { trials } = await sweep(sweepPlanOf(plan), data, { engine: localEngine({ workers: 1 }) });
  const own = trials.find(({ cell, seed }) => cell === 2 * 3 + 1 && seed === course.seed)!;
  expect(course.figures).toMatchObject({ loss: own.loss, accuracy: own.accuracy, dead: own.dead, units: own.units });
  expect(course.accuracy.at(-1)).toBe(Math.fround(own.accuracy!));
  expect(course.epochs).toEqual(Array.from({ length: 13 }, (_, epoch) => epoch));
  using network = await retrain(sweepPlanOf(plan), data, own);
  expect(course.dead.slice(-18).reduce((sum, each) => sum + each)).toBe(countDead(network, data.x).dead);
  expect(course.seed).toBe(RECIPE.seed + 1);
});

test("the full map has the workshop's setting as a cell; what was set by hand has no map", () => {
  expect(FULL_RANGE.rates).toContain(RECIPE.rate);
  expect(FULL_RANGE.biases).toContain(RECIPE.bias);
  expect(canBeMapped(RECIPE)).toBe(true);
  expect(canBeMapped({ ...RECIPE, data: "textbook", layers: [1] })).toBe(false);
});
