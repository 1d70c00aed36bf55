// The engine of "Who killed it?".
import type { Control } from "../figure.js";
import { Courses } from "../parts/courses.js";
import { OPENING, type Reply, type Request, type Settings, SPEED } from "./messages.js";
import { replay, TracedLives } from "./training.js";

export function serve(post: (reply: Reply) => void): (message: Request | Control) => void {
  let stopsAtDeaths = true;
  let settings: Settings = OPENING;
  /** Counts replays: one that was overtaken by another is dropped. */
  let replays = 0;
  const known = new WeakMap<TracedLives, Set<string>>();
  const courses = new Courses<TracedLives>(
    SPEED,
    (training, pace) => post(training.lives(pace.running)),
    (training, pace) => {
      if (hasNewDeath(training) && stopsAtDeaths) pace.run(false);
    },
  );

  function hasNewDeath(training: TracedLives): boolean {
    const before = known.get(training) ?? new Set();
    const now = training.deaths.map(({ layer, unit, lastStraw }) => [layer, unit, lastStraw.step].join());
    known.set(training, new Set([...before, ...now]));
    return now.some((name) => !before.has(name));
  }

  async function answer({ layer, unit, change }: Extract<Request, { kind: "replay" }>): Promise<void> {
    const mine = ++replays;
    const of = settings;
    const shares = await replay(of, { layer, unit }, change, () => mine !== replays);
    if (shares) post({ kind: "replayed", layer, unit, change, shares, ...of });
  }

  return (message) => {
    switch (message.kind) {
      case "begin":
        replays++;
        settings = { rate: message.rate, seed: message.seed };
        return courses.begin(
          () => TracedLives.create(message),
          message.isRunning || message.atOnce,
          message.atOnce ? Infinity : SPEED,
        );
      case "run":
        return void courses.run(message.isRunning, message.atOnce ? Infinity : SPEED);
      case "step":
        return courses.stepOnce();
      case "stopAtDeaths":
        stopsAtDeaths = message.isOn;
        return;
      case "replay":
        return void answer(message);
      default:
        return courses.take(message);
    }
  };
}
