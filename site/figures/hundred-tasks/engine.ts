// The engine of a hundred tasks.
import type { Control } from "../figure.js";
import { Pace } from "../parts/pace.js";
import { digitsTask } from "../../tasks/built-in-tasks.js";
import { loadDigits } from "../../tasks/load-digits.js";
import { type Reply, type Request, type Settings, TASKS } from "./messages.js";
import { TaskStream } from "./stream.js";

export function serve(post: (reply: Reply) => void, load = loadDigits): (message: Request | Control) => void {
  const digits = load().then(digitsTask);
  let pace = new Pace(Infinity);
  let isSeen = true;

  async function begin(settings: Settings, mine: Pace): Promise<void> {
    const stream = await TaskStream.create(await digits, settings);
    const tell = () =>
      mine === pace && post({ kind: "progress", isRunning: mine.running, results: stream.results, ...settings });
    tell();
    while (stream.results.length < TASKS && (await mine.next()) !== "stop") {
      await stream.learnNext();
      if (stream.results.length === TASKS) mine.run(false);
      tell();
    }
    stream.dispose();
  }

  function act(message: Request | Control): void {
    if (message.kind === "begin") {
      pace.end();
      pace = new Pace(Infinity);
      pace.take({ kind: isSeen ? "resume" : "pause" });
      pace.run(message.isRunning);
      void begin({ rate: message.rate, seed: message.seed }, pace).catch(fail);
    } else if (message.kind === "run") pace.run(message.isRunning);
    else {
      isSeen = message.kind === "resume";
      pace.take(message);
    }
  }

  async function introduce(): Promise<void> {
    const { train, heldOut } = await digits;
    const { rows, columns, data } = train.x;
    const zero = train.y.indexOf(0); // round, so that one sees it go
    const digit = data.slice(zero * columns, (zero + 1) * columns);
    post({ kind: "started", training: rows, heldOut: heldOut.x.rows, digit });
  }

  function fail({ message }: Error): void {
    post({ kind: "failed", message });
  }

  void introduce().catch(fail);
  return act;
}
