// What the page of the table asks for, and what its worker tells.

/** When the cure comes: at the start, or once the fault has shown itself. */
export type Moment = "start" | "sick";

/** A training as curves, a point every few epochs. */
export interface Course {
  readonly epochs: readonly number[];
  /** Hidden units that are not dead on the training rows. */
  readonly living: readonly number[];
  /** Of the training rows. */
  readonly accuracy: readonly number[];
  readonly units: number;
  /** The epoch after which the cure came. */
  readonly curedAt: number;
}

/** What came of it, by diagnose. */
export interface Outcome {
  readonly living: number;
  readonly units: number;
  readonly accuracy: number;
  /** Of the way from guessing to a perfect answer; absent where it diverged. */
  readonly score?: number;
  readonly verdict: string;
  readonly diverged: boolean;
  /** It has learned, and fewer than a tenth of its units are dead. */
  readonly passes: boolean;
  /** The same training in the workshop, as the part of a link behind the #; absent where the workshop has no such. */
  readonly link?: string;
}

export interface CellPlace {
  readonly moment: Moment;
  readonly row: number;
  readonly column: number;
}

export interface CellMessage extends CellPlace {
  readonly kind: "cell";
  readonly course: Course;
  /** Absent while it trains. */
  readonly outcome?: Outcome;
}

/** All cells of a moment are to be trained, those that are not yet. */
export interface ToCuresEngine {
  readonly kind: "moment";
  readonly moment: Moment;
}
