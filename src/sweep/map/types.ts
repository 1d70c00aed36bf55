// What users of a map of death meet.
import type { SweepOptions } from "../sweep.js";
import type { SweepAxis, SweepBase, SweepProgress } from "../types.js";
import type { LearningRateTest } from "../../diagnosis/rates/types.js";
import type { Cause } from "../../diagnosis/trace/types.js";
import type { JournalReport } from "../../treatment/trial/journal/lines.js";
import type { TrialFailure } from "../../treatment/trial/trial.js";

/** What varies along one side of a map. */
export interface MapAxis {
  /** As an axis of a sweep: "learningRate", "bias", "units", any path of the base. */
  readonly name: string;
  /**
   * A list, or a range whose count is 24 by default and whose scale is "log" where both ends are above 0 and one is ten
   * times the other.
   */
  readonly values: SweepAxis;
}

/** A map as plain data. */
export interface MapPlan {
  /** The training that all cells vary; what it has for the axes is the user's own setting. */
  readonly base: SweepBase;
  /** Across. */
  readonly x: MapAxis;
  /** Up; without it the map is a line. */
  readonly y?: MapAxis;
  /** Seeds of each cell. Default 3. */
  readonly repeats?: number;
  /** Another setting to mark, by the names of the axes. */
  readonly at?: Readonly<Record<string, unknown>>;
  /** What killed each unit is traced; several times the time. Default false. */
  readonly trace?: boolean;
  /** As for createNetwork. Default "fast", on a queue "reproducible". */
  readonly arithmetic?: "fast" | "reproducible";
}

/** Options of `deathMap`. */
export interface MapOptions extends Pick<SweepOptions, "engine" | "journal" | "signal"> {
  /** Called as trials come in: `soFar()` is the map of those, coarse at first. */
  readonly onProgress?: (progress: SweepProgress, soFar: () => DeathMap) => void;
  /** Of a line over the learning rate: a forecast and a range test beside it. Default true. */
  readonly forecast?: boolean;
}

/** The least and the most of the seeds. */
export interface MapRange {
  /** The least. */
  readonly low: number;
  /** The most. */
  readonly high: number;
}

/** One side of a map. */
export interface MapSide {
  /** Of the axis. */
  readonly name: string;
  /** Of its columns from the left, or its rows from the bottom. */
  readonly values: readonly unknown[];
  /** How numbers lie between them; "list": they are values of their own. */
  readonly scale: "linear" | "log" | "list";
  /** The user's own value; absent where the base has none, or several. */
  readonly own?: unknown;
}

/** All seeds of one setting. */
export interface MapCell {
  /** Its value of the x axis. */
  readonly x: unknown;
  /** Its value of the y axis. */
  readonly y?: unknown;
  /** From the left, from 0 on. */
  readonly column: number;
  /** From the bottom, from 0 on. */
  readonly row: number;
  /** Share of the hidden units that are dead at the end: the mean over the seeds that had a network. */
  readonly dead?: number;
  /** The same, least and most of the seeds. */
  readonly deadRange?: MapRange;
  /** The mean by hidden layer. */
  readonly layers?: readonly number[];
  /** Share of the hidden units that are dead and were so before the first step. */
  readonly born?: number;
  /** The same by hidden layer. */
  readonly bornLayers?: readonly number[];
  /** Accuracy, or 1 - loss / the best constant's loss: the mean over the seeds; absent where one failed. */
  readonly score?: number;
  /** The same, least and most of the seeds. */
  readonly scoreRange?: MapRange;
  /** Dead units of all seeds, by what killed them. */
  readonly causes: Readonly<Partial<Record<Cause, number>>>;
  /** What killed most of them; absent where none died. */
  readonly cause?: Cause;
  /** Seeds that failed: most diverged. What they left is counted where they stopped. */
  readonly failed: number;
  /** The same by code, where some did: "diverged", or what refused them. */
  readonly failures?: Readonly<Partial<Record<TrialFailure["code"], number>>>;
  /** Seeds that are in. */
  readonly seeds: number;
}

/** A place on a wall. */
export interface WallPoint {
  /** In columns from the left, 0 in the middle of the first. */
  readonly column: number;
  /** In rows from the bottom. */
  readonly row: number;
  /** What the x axis is there, where it has numbers between its values. */
  readonly x?: number;
  /** What the y axis is there. */
  readonly y?: number;
}

/** Where the mean share of dead units crosses a level. */
export interface Wall {
  /** The share. */
  readonly level: number;
  /** Each from end to end, or around. */
  readonly lines: readonly (readonly WallPoint[])[];
}

/** What short trainings of a sample said beforehand, and how well. */
export interface MapForecast {
  /** Least, median and most of its starts, by rate. */
  readonly rates: readonly {
    /** The learning rate. */
    readonly rate: number;
    /** Share of dead units: least of the starts. */
    readonly low: number;
    /** The median. */
    readonly median: number;
    /** The most. */
    readonly high: number;
  }[];
  /** Mean distance of its median from the map's mean, as a share of the units. */
  readonly meanError: number;
  /** Share of these rates at which the range of its starts and that of the map's seeds have something in common. */
  readonly agreeing: number;
  /** The lowest of its rates at which a tenth of the units dies; absent: none. */
  readonly deadlyFrom?: number;
  /** Rows of its sample. */
  readonly rows: number;
  /** Passes over them. */
  readonly epochs: number;
}

/** What came of a map. */
export interface DeathMap {
  /** Across. */
  readonly x: MapSide;
  /** Up. */
  readonly y?: MapSide;
  /** Row by row from the bottom; those of which some seed is in. */
  readonly cells: readonly MapCell[];
  /** Of a map with two sides: where a tenth of the units is dead, and where half is. */
  readonly walls: readonly Wall[];
  /** What crosses the walls, in words. */
  readonly sentences: readonly string[];
  /** What the score is: the accuracy, or by the loss how far it is from the best constant's to 0. */
  readonly measure: "accuracy" | "loss";
  /** The score of always saying the same. */
  readonly constant: number;
  /** Seeds of each cell. */
  readonly repeats: number;
  /** Of a line over the learning rate. */
  readonly rangeTest?: LearningRateTest;
  /** Of a line over the learning rate. */
  readonly forecast?: MapForecast;
  /** SHA-256 of the rows. */
  readonly data: string;
  /** Program and arithmetic. */
  readonly build: string;
  /** Trials that are in. */
  readonly trials: number;
  /** Trials that the map has. */
  readonly planned: number;
  /** Where there is one. */
  readonly journal?: JournalReport;
  /** The signal ended it. */
  readonly stopped?: "aborted";
  /** Wall-clock time. */
  readonly seconds: number;
  /** Who did the trials. */
  readonly hosts: readonly string[];
  /** For a terminal of 80 columns. */
  toString(): string;
}
