// A network of its own that is given weights and says what they do: loss and accuracy, each unit's state, its
// preactivations on the training rows and, with two inputs, over the plane. The network that trains is not touched.
import { createNetwork } from "../../../src/network/network.js";
import type { ActivationName, Matrix, Metrics, Network, NetworkSpec, UnitState } from "../../../src/index.js";
import { mean } from "../../../src/core/statistics.js";
import { type Chunk, Inspector, type VisitChunk } from "../../../src/inspect/inspector.js";
import { judge } from "../../../src/inspect/unit-state.js";
import { type PreparedData, prepareData } from "../../../src/network/data.js";
import { applyLink } from "../../../src/network/losses.js";
import { type NetworkState, stateOf } from "../../../src/network/state/state.js";
import { evaluateRows } from "../../../src/network/training/evaluate.js";
import { layerFiguresOf } from "./layer-figures.js";
import { gridPoints, MAP_POINTS, PLANE_SIDE, writeMap } from "../../training/activation-maps.js";
import { targetsOf } from "../../training/recipe-to-network.js";
import type { LayerFigures, Measurement, Picture, UnitFigures, UnitName } from "./types.js";
import { COORDINATES, featureRows } from "../../tasks/features.js";
import type { LabelledRows, LearningTask } from "../../tasks/learning-task.js";
import type { Recipe } from "../../training/recipe.js";
import { firstUnits } from "../state/units.js";

const EMPTY = new Float32Array(0);
const MOST_LOOKED_AT = 1000; // rows
const THRESHOLDS = { rareBelow: 0.01, dormantBelow: 0.025 };

interface EvaluatedRows {
  readonly data: PreparedData;
  /**
   * Of a softmax over one unit, whose output is 1 for every row: the share of rows whose class is 1; of numbers none is
   * right or wrong.
   */
  readonly softmax?: { readonly accuracy?: number };
}

function rightOfSoftmax({ classes }: LearningTask, { y }: LabelledRows): EvaluatedRows["softmax"] {
  return classes.length === 0 ? {} : { accuracy: mean(Array.from(y, (label) => Number(label === 1))) };
}

/** For each training row its class, or the tenth of the targets that it lies in. */
function binsOf({ classes, train: { y } }: LearningTask): { of: Uint8Array; count: number } {
  if (classes.length > 0) return { of: Uint8Array.from(y), count: classes.length };
  const sorted = Float32Array.from(y).sort();
  const edges = Array.from({ length: 9 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / 10)]);
  return { of: Uint8Array.from(y, (value) => edges.filter((edge) => value >= edge).length), count: 10 };
}

export class NetworkEvaluator {
  private readonly state: NetworkState;
  private readonly inspector: Inspector;
  private readonly layers: readonly number[];
  private readonly firsts: readonly number[];
  private readonly units: number;
  private readonly train: EvaluatedRows;
  private readonly heldOut: EvaluatedRows;
  /** Of the training rows, so many that their activations are looked at in little time. */
  private readonly looked: Matrix;
  /** The rows of the plane's points, as the network is given them. */
  private readonly grid: Matrix | undefined;
  private readonly bins: { of: Uint8Array; count: number };

  private constructor(
    private readonly network: Network,
    task: LearningTask,
    recipe: Recipe,
  ) {
    this.state = stateOf(network);
    this.inspector = new Inspector(this.state);
    const { spec } = this.state;
    this.layers = recipe.layers;
    this.firsts = firstUnits(this.layers);
    this.units = this.firsts.at(-1)! + this.layers.at(-1)!;
    const prepare = (rows: LabelledRows): EvaluatedRows => ({
      data: prepareData(
        "data",
        { x: rows.x, y: targetsOf(recipe, rows) },
        spec.inputs,
        spec.layers.at(-1)!.units,
        spec.loss,
      ),
      ...(recipe.head === "softmax" && { softmax: rightOfSoftmax(task, rows) }),
    });
    this.train = prepare(task.train);
    this.heldOut = prepare(task.heldOut);
    const { x } = task.train;
    const rows = Math.min(x.rows, MOST_LOOKED_AT);
    this.looked = { rows, columns: x.columns, data: x.data.subarray(0, rows * x.columns) };
    this.grid = task.extent > 0 ? featureRows(gridPoints(task.extent), task.plane?.features ?? COORDINATES) : undefined;
    this.bins = binsOf(task);
  }

  static async create(spec: NetworkSpec, task: LearningTask, recipe: Recipe): Promise<NetworkEvaluator> {
    return new NetworkEvaluator(await createNetwork(spec, { arithmetic: "reproducible" }), task, recipe);
  }

  dispose(): void {
    this.inspector.dispose();
    this.network.dispose();
  }

  /** Of the hidden layers. */
  get activation(): ActivationName {
    return this.network.layers[0].activation.name as ActivationName;
  }

  /** Takes over a network's weights, as its block of parameters. */
  setParameters(parameters: Float32Array): void {
    this.state.allWeights().set(parameters);
  }

  /** Loss, accuracy and the units' states. */
  measure(visit?: VisitChunk): Measurement {
    return { ...this.judgeUnits(visit), ...this.evaluate(this.train), heldOut: this.evaluate(this.heldOut) };
  }

  private evaluate({ data, softmax }: EvaluatedRows): Metrics {
    const metrics = evaluateRows(this.state, data, 0, data.rows, 0);
    return softmax ? { loss: metrics.loss, ...softmax } : metrics;
  }

  picture(chosen?: UnitName): Picture {
    const values = chosen ? new Float32Array(this.train.data.rows) : EMPTY;
    const profiles = this.grid ? EMPTY : new Float32Array(this.units * this.bins.count);
    const measurement = this.measure((chunk) => {
      if (chosen) this.copyColumn(chosen, chunk, values);
      if (!this.grid) this.addToProfiles(profiles, chunk);
    });
    const maps = new Uint8Array(this.grid ? this.units * MAP_POINTS : 0);
    const plane = this.grid ? this.evaluatePlane(this.grid, maps) : EMPTY;
    return {
      ...measurement,
      maps,
      plane,
      profiles,
      outputs: this.grid ? EMPTY : this.network.predict(this.heldOut.data.x).data,
      chosen: values,
    };
  }

  /** Activations, and gradients of the loss, layer by layer. */
  layerFigures(): LayerFigures[] {
    return layerFiguresOf(this.state, this.inspector, this.looked, this.train.data);
  }

  private judgeUnits(visit?: VisitChunk): UnitFigures {
    const states: UnitState[] = [];
    const figures: number[] = [];
    this.inspector.statistics(this.train.data.x, visit, this.layers.length).forEach((units, layer) => {
      const { activation } = this.state.spec.layers[layer];
      const layerMean = mean(units.map(({ meanActivation }) => meanActivation));
      for (const unit of units) {
        const dormancy = layerMean === 0 ? 0 : unit.meanActivation / layerMean;
        states.push(judge(activation, unit, dormancy, THRESHOLDS));
        figures.push(unit.min, unit.max, unit.mean, Math.sqrt(unit.variance), unit.fired / unit.samples);
      }
    });
    return { states, figures: Float32Array.from(figures) };
  }

  private copyColumn({ layer, unit }: UnitName, chunk: Chunk, to: Float32Array): void {
    const z = chunk.preactivations(layer);
    const { units } = this.state.spec.layers[layer];
    for (let row = 0; row < chunk.rows; row++) to[chunk.start + row] = z[row * units + unit];
  }

  private addToProfiles(profiles: Float32Array, chunk: Chunk): void {
    const { of, count } = this.bins;
    this.layers.forEach((units, layer) => {
      const a = chunk.activations(layer);
      for (let row = 0; row < chunk.rows; row++) {
        const bin = of[chunk.start + row];
        for (let unit = 0; unit < units; unit++)
          profiles[(this.firsts[layer] + unit) * count + bin] += a[row * units + unit];
      }
    });
  }

  /** The outputs on the grid; writes each unit's map into `maps`. */
  private evaluatePlane(grid: Matrix, maps: Uint8Array): Float32Array {
    const { spec, runtime } = this.state;
    const last = spec.layers.length - 1;
    const outputs = spec.layers[last].units;
    const plane = new Float32Array(PLANE_SIDE * PLANE_SIDE * outputs);
    const z = this.layers.map((units) => new Float32Array(PLANE_SIDE * PLANE_SIDE * units));
    this.inspector.run(grid, {}, (chunk) => {
      const answers = chunk.activations(last);
      applyLink(runtime, spec.loss, chunk.rows, outputs, answers.byteOffset);
      plane.set(answers, chunk.start * outputs);
      this.layers.forEach((units, layer) => z[layer].set(chunk.preactivations(layer), chunk.start * units));
    });
    this.layers.forEach((units, layer) => {
      for (let unit = 0; unit < units; unit++) {
        const index = this.firsts[layer] + unit;
        writeMap(z[layer], units, unit, maps.subarray(index * MAP_POINTS, (index + 1) * MAP_POINTS));
      }
    });
    return plane;
  }
}
