// The figure "One unit": a unit of each activation, from the same start, takes one step at the reader's rate, and then
// ordinary ones.
import { type FromUnits, ORDINARY_RATE, type ToUnits, UNIT_ACTIVATIONS, type UnitWeights } from "./types.js";
import { UnitTraining } from "./unit-training.js";
import { answerInOrder } from "../parts/answer-in-order.js";
import type { Control } from "../figure.js";
import { planeTask } from "../../tasks/built-in-tasks.js";

/** The textbook's unit: its preactivations lie around its bias, +0.1. */
export const START: UnitWeights = { kernel: [0.06, 0.03], bias: 0.1, outgoing: 1, outputBias: 0 };

export class UnitsEngine {
  private constructor(readonly units: readonly UnitTraining[]) {}

  static async create(): Promise<UnitsEngine> {
    const { train } = planeTask("textbook");
    return new UnitsEngine(await Promise.all(UNIT_ACTIVATIONS.map((name) => UnitTraining.create(name, train))));
  }

  async answer(message: ToUnits): Promise<FromUnits> {
    if (message.kind === "train") {
      for (const unit of this.units) await unit.train(ORDINARY_RATE, message.steps);
      return { kind: "trained", units: this.units.map((unit) => unit.look()) };
    }
    const units = [];
    for (const unit of this.units) {
      unit.start({ ...START, bias: message.bias });
      const before = unit.look();
      await unit.train(message.rate);
      units.push({ before, after: unit.look() });
    }
    return { kind: "started", units };
  }
}

export function serve(post: (reply: FromUnits) => void): (message: ToUnits | Control) => void {
  return answerInOrder(UnitsEngine.create(), post);
}
