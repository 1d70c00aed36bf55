// The engine of the demonstration: a whole training for each choice, which takes a part of a second.
import type { Course, ToCurves } from "./messages.js";
import { trainCurve } from "./training.js";
import type { Control } from "../figure.js";
import { answerInOrder } from "../parts/answer-in-order.js";

export function serve(post: (reply: Course) => void): (message: ToCurves | Control) => void {
  return answerInOrder(Promise.resolve({ answer: ({ choice }: ToCurves) => trainCurve(choice) }), post);
}
