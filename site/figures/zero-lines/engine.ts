// The engine of the zero lines.
import type { Control } from "../figure.js";
import { Courses } from "../parts/courses.js";
import { type Reply, type Request, SPEED } from "./messages.js";
import { ZeroLineTraining } from "./training.js";
import { task } from "../parts/spiral-training.js";

export function serve(post: (reply: Reply) => void): (message: Request | Control) => void {
  let stopsAtDeaths = false;
  const courses = new Courses<ZeroLineTraining>(
    SPEED,
    (training, { running }) => post(training.frame(running)),
    (training, pace) => {
      if (training.hasNewDeath() && stopsAtDeaths) pace.run(false);
    },
  );
  const speedOf = (atOnce: boolean) => {
    stopsAtDeaths = atOnce;
    return atOnce ? Infinity : SPEED;
  };

  post({ kind: "started", rows: task.train });
  return (message) => {
    switch (message.kind) {
      case "begin":
        return courses.begin(() => ZeroLineTraining.create(message), message.isRunning, speedOf(message.atOnce));
      case "run":
        return void courses.run(message.isRunning, speedOf(message.atOnce));
      case "step":
        return courses.stepOnce();
      case "rate":
        return void courses.change((training) => training.setRate(message.rate));
      default:
        return courses.take(message);
    }
  };
}
