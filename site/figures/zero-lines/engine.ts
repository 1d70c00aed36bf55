// The engine of the zero lines.
import type { Control } from "../figure.js";
import { Pace, Throttle } from "../parts/pace.js";
import { type Reply, type Request, SPEED } from "./messages.js";
import { task, ZeroLineTraining } from "./training.js";

interface Course {
  readonly pace: Pace;
  readonly training: Promise<ZeroLineTraining>;
  /** Its last step was taken, or another has begun in its place. */
  readonly done: Promise<void>;
}

export function serve(post: (reply: Reply) => void): (message: Request | Control) => void {
  const throttle = new Throttle();
  let current: Course | undefined;
  let isSeen = true;

  function begin({ rate, seed, isRunning }: Extract<Request, { kind: "begin" }>): void {
    const last = current;
    last?.pace.end();
    const pace = new Pace(SPEED);
    pace.take({ kind: isSeen ? "resume" : "pause" });
    pace.run(isRunning);
    const training = ZeroLineTraining.create({ rate, seed });
    const mine: Course = { pace, training, done: training.then((made) => follow(made, pace, () => current === mine)) };
    current = mine;
    void last?.done.then(async () => (await last.training).dispose());
  }

  async function follow(training: ZeroLineTraining, pace: Pace, isCurrent: () => boolean): Promise<void> {
    const tell = () => isCurrent() && post(training.frame(pace.running));
    tell();
    await training.run(pace, () => (throttle.isDue() || !pace.running) && tell());
    tell();
    if (isCurrent()) pace.run(false);
  }

  async function act(message: Request | Control): Promise<void> {
    if (message.kind === "begin") return begin(message);
    if (message.kind === "pause" || message.kind === "resume") {
      isSeen = message.kind === "resume";
      return current?.pace.take(message);
    }
    if (!current) return;
    const { pace } = current;
    const training = await current.training;
    if (message.kind === "run") pace.run(message.isRunning);
    if (message.kind === "step") pace.stepOnce();
    if (message.kind === "rate") training.setRate(message.rate);
    if (message.kind !== "step") post(training.frame(pace.running));
  }

  post({ kind: "started", rows: task.train });
  return (message) => void act(message);
}
