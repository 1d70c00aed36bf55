// The figures by their numbers, which their addresses have permanently: f/1/ to f/7/.
import type { EngineModule, FigureModule } from "./figure.js";

export interface FigureEntry {
  readonly number: number;
  readonly title: string;
  readonly load: () => Promise<FigureModule>;
}

export const FIGURES: readonly FigureEntry[] = [
  { number: 1, title: "One unit", load: () => import("./one-unit/figure.js") },
  { number: 2, title: "The region of no return", load: () => import("./no-return/figure.js") },
  { number: 3, title: "The zero lines", load: () => import("./zero-lines/figure.js") },
  { number: 4, title: "The map of death", load: () => import("./death-map/figure.js") },
  { number: 5, title: "Who killed it?", load: () => import("./who-killed-it/figure.js") },
  { number: 6, title: "Three cures, six faults", load: () => import("./cures/figure.js") },
  { number: 7, title: "A hundred tasks", load: () => import("./hundred-tasks/figure.js") },
];

/** Stands in the article's first chapter, without a number and a page of its own. */
export const STRAIGHT_LINE: FigureEntry = {
  title: "With an activation and without",
  number: 0,
  load: () => import("./straight-line/figure.js"),
};

/** Read in a worker alone. */
export const ENGINES: Readonly<Record<number, () => Promise<EngineModule>>> = {
  0: () => import("./straight-line/engine.js"),
  1: () => import("./one-unit/engine.js"),
  2: () => import("./no-return/engine.js"),
  3: () => import("./zero-lines/engine.js"),
  4: () => import("./death-map/engine.js"),
  5: () => import("./who-killed-it/engine.js"),
  6: () => import("./cures/engine.js"),
  7: () => import("./hundred-tasks/engine.js"),
};
