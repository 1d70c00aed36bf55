// The engine of a hundred tasks.
import type { Control } from "../figure.js";
import { Courses } from "../parts/courses.js";
import { digitsTask } from "../../tasks/built-in-tasks.js";
import { loadDigits } from "../../tasks/load-digits.js";
import type { Reply, Request } from "./messages.js";
import { TaskStream } from "./stream.js";

export function serve(post: (reply: Reply) => void, load = loadDigits): (message: Request | Control) => void {
  const digits = load().then(digitsTask);
  const courses = new Courses<TaskStream>(Infinity, ({ results, isOver, settings }, { running }) =>
    post({ kind: "progress", isRunning: running && !isOver, results, ...settings }),
  );

  async function introduce(): Promise<void> {
    const { train, heldOut } = await digits;
    const { rows, columns, data } = train.x;
    const zero = train.y.indexOf(0); // round, so that one sees it go
    const digit = data.slice(zero * columns, (zero + 1) * columns);
    post({ kind: "started", training: rows, heldOut: heldOut.x.rows, digit });
  }

  void introduce();
  return (message) => {
    switch (message.kind) {
      case "begin": {
        const { rate, seed, isRunning } = message;
        return courses.begin(async () => TaskStream.create(await digits, { rate, seed }), isRunning);
      }
      case "run":
        return void courses.run(message.isRunning);
      default:
        return courses.take(message);
    }
  };
}
