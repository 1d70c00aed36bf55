// The trainings of a figure, one after another: a new one ends the last, which is told of no more.
import type { Control } from "../figure.js";
import { Pace, Throttle } from "./pace.js";

export interface Steps {
  /** Trains until the pace says stop, or until it is over. */
  run(pace: Pace, afterStep: () => void): Promise<void>;
  dispose(): void;
}

interface Course<T> {
  readonly pace: Pace;
  readonly training: Promise<T>;
  /** Its last step was taken. */
  readonly done: Promise<void>;
}

export class Courses<T extends Steps> {
  private readonly throttle = new Throttle();
  private current: Course<T> | undefined;
  private isSeen = true;

  /**
   * @param speed steps a second
   * @param tell called with the training at its start, its end, each single step, and up to 60 times a second
   */
  constructor(
    private readonly speed: number,
    private readonly tell: (training: T, pace: Pace) => void,
    /** Asked after each step; what it does to the pace holds for the next. */
    private readonly afterStep?: (training: T, pace: Pace) => void,
  ) {}

  begin(create: () => Promise<T>, isRunning: boolean, speed = this.speed): void {
    const last = this.current;
    last?.pace.end();
    const pace = new Pace(speed);
    pace.take({ kind: this.isSeen ? "resume" : "pause" });
    pace.run(isRunning);
    const training = create();
    const mine: Course<T> = { pace, training, done: training.then((made) => this.follow(made, pace)) };
    this.current = mine;
    if (last) void this.dispose(last);
  }

  private async dispose({ done, training }: Course<T>): Promise<void> {
    await done;
    (await training).dispose();
  }

  private async follow(training: T, pace: Pace): Promise<void> {
    const isCurrent = () => this.current?.pace === pace;
    const tell = () => isCurrent() && this.tell(training, pace);
    tell();
    await training.run(pace, () => {
      this.afterStep?.(training, pace);
      if (this.throttle.isDue() || !pace.running) tell();
    });
    if (isCurrent()) pace.run(false);
    tell();
  }

  /** Out of sight nothing goes on. */
  take(message: Control): void {
    this.isSeen = message.kind === "resume";
    this.current?.pace.take(message);
  }

  run(isRunning: boolean, speed = this.speed): Promise<void> {
    return this.change((_, pace) => pace.run(isRunning, speed));
  }

  stepOnce(): void {
    this.current?.pace.stepOnce();
  }

  /** Does something to the training that there is, and tells of it. */
  async change(act: (training: T, pace: Pace) => void): Promise<void> {
    const { current } = this;
    if (!current) return;
    const training = await current.training;
    act(training, current.pace);
    if (current === this.current) this.tell(training, current.pace);
  }
}
