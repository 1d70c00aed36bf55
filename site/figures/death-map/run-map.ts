// A map as it fills, and the training of one of its cells.
import type { CellCourse, MapPicture } from "./messages.js";
import { sweepPlanOf } from "./map-plan.js";
import type { DeathMap, MapPlan, SweepDataSet, SweepEngine } from "../../../src/sweep.js";
import { findDead } from "../../../src/inspect/dead-units.js";
import type { Network } from "../../../src/index.js";
import { deathMap } from "../../../src/sweep/map/death-map.js";
import { sentencesOf } from "../../../src/sweep/map/words.js";
import { readPlan, trialOf } from "../../../src/sweep/plan/plan.js";
import { shareRows } from "../../../src/sweep/rows.js";
import { figuresOf } from "../../../src/sweep/task.js";
import { typeset } from "../../../src/text/numbers.js";
import { runJob } from "../../../src/treatment/trial/run-trial.js";
import { gridPoints, PLANE_SIDE } from "../../training/activation-maps.js";
import { pageNaming } from "../../training/naming.js";

/** A picture so often at most: to make one takes a millisecond or two. */
const TELL_MS = 80;

/** As the page counts and writes. */
function pictureOf({ ...map }: Omit<DeathMap, "toString">, isWhole: boolean): MapPicture {
  return { ...map, sentences: sentencesOf(map, pageNaming()).map(typeset), isWhole };
}

/**
 * The package's `deathMap`, told as it fills.
 * @returns the whole map, or what was known when the signal ended it
 */
export async function runMap(
  plan: MapPlan,
  data: SweepDataSet,
  { engine, signal, tell }: { engine: SweepEngine; signal: AbortSignal; tell: (picture: MapPicture) => void },
): Promise<MapPicture> {
  let told = -Infinity;
  const map = await deathMap(plan, data, {
    engine,
    signal,
    onProgress: ({ done, total }, soFar) => {
      if (done === total || performance.now() - told < TELL_MS) return;
      tell(pictureOf(soFar(), false));
      told = performance.now();
    },
  });
  const picture = pictureOf(map, !map.stopped);
  if (!signal.aborted) tell(picture);
  return picture;
}

/** Notes what the page draws of a network while it trains. */
class Recorder {
  readonly epochs: number[] = [];
  readonly accuracy: number[] = [];
  readonly dead: boolean[] = [];
  units: readonly number[] = [];
  private readonly planes: Uint8Array[] = [];
  private readonly grid: { rows: number; columns: number; data: Float32Array };

  constructor(
    private readonly data: SweepDataSet,
    extent: number,
  ) {
    this.grid = { rows: PLANE_SIDE * PLANE_SIDE, columns: 2, data: gridPoints(extent) };
  }

  note(network: Network, epoch: number): void {
    const dead = findDead(network, this.data.x);
    this.units = dead.map((layer) => layer.length);
    this.dead.push(...dead.flat());
    this.epochs.push(epoch);
    this.accuracy.push(
      network.evaluate(this.data.validation as Exclude<SweepDataSet["validation"], number | undefined>).accuracy!,
    );
    this.planes.push(Uint8Array.from(network.predict(this.grid).data, (share) => Math.round(255 * share)));
  }

  read() {
    const planes = new Uint8Array(this.planes.length * this.grid.rows);
    this.planes.forEach((plane, at) => planes.set(plane, at * plane.length));
    return {
      units: this.units,
      epochs: this.epochs,
      accuracy: Float32Array.from(this.accuracy),
      dead: Uint8Array.from(this.dead, Number),
      planes,
    };
  }
}

/**
 * One of a cell's trainings once more, with the map's own bits, and what is seen of it after each epoch.
 * @param data rows of two columns in two classes, with rows that judge
 * @param extent of the plane that is drawn
 */
export async function trainCell(
  plan: MapPlan,
  data: SweepDataSet,
  { column, row, repeat }: Pick<CellCourse, "column" | "row" | "repeat">,
  extent: number,
): Promise<CellCourse> {
  const checked = readPlan(sweepPlanOf(plan));
  const columns = (plan.x.values as readonly unknown[]).length;
  const { settings, seed: first, epochs } = trialOf(checked, row * columns + column);
  const recorder = new Recorder(data, extent);
  const seed = first + repeat;
  const outcome = await runJob(
    await shareRows(checked, data),
    { settings, seed, epochs, look: "units" },
    {
      callbacks: [
        {
          onTrainBegin: ({ network }) => recorder.note(network, 0),
          onEpochEnd: ({ epoch }, { network }) => recorder.note(network, epoch),
        },
      ],
    },
  );
  return { column, row, repeat, seed, ...recorder.read(), figures: figuresOf(outcome) };
}
