// Which trials a sweep makes, in which order. All at once, or by asynchronous successive halving (ASHA, Li et al. 2020)
// whose decisions hang on the plan alone: a result counts for a decision when those before it are in, so that who goes
// on is the same on any number of workers, and nobody waits for the last of a round.
import { type CheckedPlan, endsOf } from "./plan/plan.js";

/** One trial by its place. */
export interface Planned {
  readonly cell: number;
  readonly repeat: number;
  /** It trains so much of the epochs that its cell says. */
  readonly share: number;
}

export interface Schedule {
  /** How many there are, as far as known. */
  readonly total: number;
  /** The next; "wait" where it depends on results that are not in; undefined: there are no more. */
  next(): Planned | "wait" | undefined;
  /** @param score the larger the better; undefined where it has none */
  take(trial: Planned, score: number | undefined): void;
}

/** Every cell with every seed: all of them with the first, coarsely first, so that the whole is seen early. */
class Everything implements Schedule {
  private at = 0;

  constructor(
    private readonly cells: number,
    private readonly repeats: number,
    private readonly order: Uint32Array | undefined,
  ) {}

  get total(): number {
    return this.cells * this.repeats;
  }

  next(): Planned | undefined {
    if (this.at === this.total) return undefined;
    const at = this.at++;
    const place = at % this.cells;
    return { cell: this.order?.[place] ?? place, repeat: Math.floor(at / this.cells), share: 1 };
  }

  take(): void {}
}

/** Trainings of one length. */
class Rung {
  /** Cells in the order in which they came here. */
  readonly entered: number[] = [];
  private readonly scores = new Map<number, number>();
  /** Of those that entered, so many are judged: their results, and all before them, are in. */
  private judged = 0;
  /** The judged, best first. */
  private readonly ranked: { readonly cell: number; readonly score: number }[] = [];
  private readonly promoted = new Set<number>();
  /** Nothing enters any more. */
  isFull = false;

  constructor(
    readonly share: number,
    private readonly factor: number,
  ) {}

  take(cell: number, score: number): void {
    this.scores.set(cell, score);
  }

  /** All that is to be judged is. */
  get isOver(): boolean {
    return this.isFull && this.judged === this.entered.length;
  }

  /** Judges what can be, in order; those that go on by it. */
  *promote(): Generator<number> {
    while (this.judged < this.entered.length && this.scores.has(this.entered[this.judged])) {
      const cell = this.entered[this.judged++];
      const place = this.insert(cell, this.scores.get(cell)!);
      const count = Math.floor(this.judged / this.factor);
      if (place < count) yield* this.goOn(place);
      if (count > 0) yield* this.goOn(count - 1); // where there is room for one more
    }
    if (this.isOver && this.promoted.size === 0 && this.judged > 0) yield* this.goOn(0); // too few to send one on
  }

  /** @returns its place; of equals the first comes first */
  private insert(cell: number, score: number): number {
    let [low, high] = [0, this.ranked.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ranked[middle].score >= score) low = middle + 1;
      else high = middle;
    }
    this.ranked.splice(low, 0, { cell, score });
    return low;
  }

  private *goOn(place: number): Generator<number> {
    const { cell, score } = this.ranked[place];
    if (this.promoted.has(cell) || score === -Infinity) return;
    this.promoted.add(cell);
    yield cell;
  }
}

class Halving implements Schedule {
  private readonly rungs: Rung[];
  private readonly ready: Planned[] = [];
  private entered = 0;
  private given = 0;

  constructor(
    private readonly cells: number,
    private readonly repeats: number,
    shares: readonly number[],
    factor: number,
  ) {
    this.rungs = shares.map((share) => new Rung(share, factor));
  }

  get total(): number {
    return this.given + this.ready.length + (this.cells - this.entered);
  }

  /** Those that went furthest first, then new ones. */
  next(): Planned | "wait" | undefined {
    const ready = this.ready.pop();
    if (ready) {
      this.given++;
      return ready;
    }
    if (this.entered < this.cells) {
      this.given++;
      const cell = this.entered++;
      this.rungs[0].entered.push(cell);
      if (this.entered === this.cells) this.rungs[0].isFull = true;
      return { cell, repeat: 0, share: this.rungs[0].share };
    }
    return this.rungs.every(({ isOver }) => isOver) ? undefined : "wait";
  }

  take({ cell, repeat, share }: Planned, score = -Infinity): void {
    if (repeat > 0) return;
    this.rungs.find((rung) => rung.share === share)!.take(cell, score);
    this.rungs.forEach((rung, at) => this.settle(rung, this.rungs[at + 1] as Rung | undefined));
  }

  /** Sends on who may go from one rung to the next; from the last nobody does. */
  private settle(rung: Rung, next: Rung | undefined): void {
    for (const cell of rung.promote()) {
      if (!next) continue;
      next.entered.push(cell);
      const repeats = next.share === 1 ? this.repeats : 1;
      for (let repeat = 0; repeat < repeats; repeat++) this.plan({ cell, repeat, share: next.share });
    }
    if (next && rung.isOver) next.isFull = true;
  }

  /** `next` takes from the end: further rungs before others, and within a rung the order of promotion. */
  private plan(trial: Planned): void {
    const at = this.ready.findIndex(({ share }) => share >= trial.share);
    this.ready.splice(at < 0 ? this.ready.length : at, 0, trial);
  }
}

/** Shares of the epochs, each `factor` times the one before, the last all of them. */
export function sharesOf(epochs: number, { factor, epochs: least }: { factor: number; epochs?: number }): number[] {
  const first = least ?? Math.ceil(epochs / (factor * factor));
  const shares = [1];
  while (Math.ceil(epochs * (shares[0] / factor)) >= Math.max(1, first)) {
    const share = shares[0] / factor;
    if (Math.ceil(epochs * share) === Math.ceil(epochs * shares[0])) break;
    shares.unshift(share);
  }
  return shares;
}

/** The most epochs that a cell trains: those of the base, or of the axis that varies them. */
function mostEpochs({ base, axes }: CheckedPlan): number {
  const axis = axes.find(({ place }) => place === "fit.epochs");
  return axis ? Math.max(...(endsOf(axis) as number[])) : (base.fit.epochs as number);
}

export function scheduleOf(plan: CheckedPlan): Schedule {
  const { cells, repeats, stop, order } = plan;
  if (!stop) return new Everything(cells, repeats, order);
  const shares = sharesOf(mostEpochs(plan), stop);
  return shares.length > 1 ? new Halving(cells, repeats, shares, stop.factor) : new Everything(cells, repeats, order);
}
