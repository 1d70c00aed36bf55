// The engine of the demonstration: a whole training for each choice, which takes a part of a second.
import type { Choice, Course } from "./messages.js";
import { trainCurve } from "./training.js";
import type { Control } from "../figure.js";

export function serve(post: (reply: Course) => void): (message: Choice | Control) => void {
  let last: Promise<void> = Promise.resolve();
  return (message) => {
    if ("kind" in message) return; // it computes on request alone
    last = last.then(async () => post(await trainCurve(message)));
  };
}
