// The figure "The region of no return": trainings of one unit by itself, and, as outputs of one network, of a unit from
// each cell of the plane.
import { cellMiddle, FINE_SIDE, type FromPlane, type Point, type Samples, SIDE, STEPS, type ToPlane } from "./types.js";
import type { Training } from "./types.js";
import { answerInOrder } from "../parts/answer-in-order.js";
import type { Control } from "../figure.js";
import { createNetwork } from "../../../src/network/network.js";
import type { DataSet } from "../../../src/network/data.js";
import { sgd } from "../../../src/network/training/optimizers.js";
import type { FitOptions, Network } from "../../../src/index.js";
import { planeTask } from "../../tasks/built-in-tasks.js";
import { randomFrom } from "../../tasks/random.js";

const CELLS = SIDE * SIDE;
const NOISE = 0.04;

/** The textbook's inputs, the first of the two, and answers that one ReLU can give: max(0, 0.9 x + 0.5). */
export function samplesOf(): Samples {
  const { x: both } = planeTask("textbook").train;
  const random = randomFrom(3);
  const x = Float32Array.from({ length: both.rows }, (_, row) => both.data[row * both.columns]);
  return { x, y: x.map((value) => Math.max(0, 0.9 * value + 0.5) + NOISE * random.normal()) };
}

/** A network of so many units by themselves: each is an output, and learns the same targets. */
class LoneUnits {
  private constructor(
    private readonly network: Network,
    private readonly data: DataSet & { x: { rows: number; columns: number; data: Float32Array } },
    readonly units: number,
  ) {}

  static async create({ x, y }: Samples, units: number): Promise<LoneUnits> {
    const network = await createNetwork(
      { inputs: 1, layers: [{ units, activation: "relu" }], loss: "meanSquaredError" },
      { arithmetic: "reproducible" },
    );
    const targets = new Float32Array(x.length * units);
    y.forEach((value, row) => targets.fill(value, row * units, (row + 1) * units));
    const matrix = (columns: number, data: Float32Array) => ({ rows: x.length, columns, data });
    return new LoneUnits(network, { x: matrix(1, x), y: matrix(units, targets) }, units);
  }

  place(at: (unit: number) => Point): void {
    const points = Array.from({ length: this.units }, (_, unit) => at(unit));
    this.network.layers[0].setWeights({
      kernel: Float32Array.from(points, ({ w }) => w),
      bias: Float32Array.from(points, ({ b }) => b),
    });
  }

  point(unit: number): Point {
    const { kernel, bias } = this.network.layers[0].getWeights();
    return { w: kernel[unit], b: bias[unit] };
  }

  /** The loss is the mean over all units: a rate so many times as large gives each its own step. */
  async train(rate: number, onBatchEnd?: () => boolean): Promise<void> {
    const options: FitOptions = {
      epochs: STEPS,
      batchSize: this.data.x.rows,
      shuffle: false,
      optimizer: sgd({ learningRate: rate * this.units }),
    };
    const callbacks = onBatchEnd && [
      { onBatchEnd: (_: unknown, { stop }: { stop(): void }) => onBatchEnd() && stop() },
    ];
    await this.network.fit(this.data, { ...options, ...(callbacks && { callbacks: callbacks as never }) });
  }

  /** Answers, row by row. */
  predict(): Float32Array {
    return this.network.predict(this.data.x).data;
  }

  loss(): number {
    return this.network.evaluate(this.data).loss;
  }
}

export class PlaneEngine {
  private constructor(
    readonly samples: Samples,
    private readonly one: LoneUnits,
    private readonly all: LoneUnits,
  ) {}

  static async create(): Promise<PlaneEngine> {
    const samples = samplesOf();
    return new PlaneEngine(samples, await LoneUnits.create(samples, 1), await LoneUnits.create(samples, CELLS));
  }

  async answer(message: ToPlane): Promise<FromPlane> {
    if (message.kind === "samples") return { kind: "samples", samples: this.samples, losses: this.losses() };
    if (message.kind === "train") return { kind: "trained", training: await this.train(message.start, message.rate) };
    return { kind: "fates", rate: message.rate, fates: await this.fates(message.rate) };
  }

  private async train(start: Point, rate: number): Promise<Training> {
    const { one } = this;
    one.place(() => start);
    const path: Point[] = [];
    const losses: number[] = [];
    let open = 0;
    const note = (): boolean => {
      path.push(one.point(0));
      losses.push(one.loss());
      open = one.predict().filter((answer) => answer > 0).length;
      return open === 0;
    };
    if (!note()) await one.train(rate, note);
    return { rate, path, losses, open };
  }

  /** A training that leaves the finite numbers is told as it last was. */
  private async fates(rate: number): Promise<Uint8Array> {
    this.all.place((unit) => cellMiddle(unit));
    await this.all.train(rate);
    const fates = new Uint8Array(CELLS).fill(1);
    this.all.predict().forEach((answer, index) => {
      if (answer > 0) fates[index % CELLS] = 0;
    });
    return fates;
  }

  /** The fine grid, so many units at a time. */
  private losses(): Float32Array {
    const { y } = this.samples;
    const losses = new Float32Array(FINE_SIDE * FINE_SIDE);
    for (let first = 0; first < losses.length; first += CELLS) {
      this.all.place((unit) => cellMiddle(first + unit, FINE_SIDE));
      this.all.predict().forEach((answer, index) => {
        losses[first + (index % CELLS)] += (answer - y[Math.floor(index / CELLS)]) ** 2 / y.length;
      });
    }
    return losses;
  }

  /** Where the trainings of the map of fates have ended, for tests. */
  end(cell: number): Point {
    return this.all.point(cell);
  }
}

export function serve(post: (reply: FromPlane) => void): (message: ToPlane | Control) => void {
  return answerInOrder(PlaneEngine.create(), post);
}
