// The shapes of values in a graph before it is run in earnest: their Shape as outputs takes no memory, whatever their
// size. Two runs, of one row and of two, tell which axis counts the rows.
import { RelumineError } from "../core/errors.js";
import type { RowFeeds } from "./feeds.js";
import { type OnnxRuntime, type RunGraph, withSession } from "./runtime.js";
import { GraphBytes, nodeField, outputField } from "./wire.js";

/** What was learned of the values' shapes. */
export interface Probed {
  /** By value, its shape on the first run. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** How many rows that run had. */
  readonly rows: number;
  /** Why rows are to be run one by one, where they are. */
  readonly oneByOne?: string;
  /** Values that are the same however many rows there are. */
  readonly apart: ReadonlySet<string>;
}

function freshPrefix(taken: ReadonlySet<string>): string {
  for (let prefix = "relumine_shape_"; ; prefix += "_")
    if (![...taken].some((name) => name.startsWith(prefix))) return prefix;
}

async function shapesOf(run: RunGraph, feeds: RowFeeds, rows: number, names: readonly string[], prefix: string) {
  const results = await run(
    feeds.make(0, rows),
    names.map((_, index) => `${prefix}${index}`),
  );
  return new Map(names.map((name, index) => [name, [...results.get(`${prefix}${index}`)!.data]]));
}

type Shapes = ReadonlyMap<string, readonly number[]>;

/** Which of the values do not count the rows on their first axis, by two runs. */
function compare(names: ReadonlySet<string>, one: Shapes, two: Shapes): Pick<Probed, "oneByOne" | "apart"> {
  const apart = new Set<string>();
  let oneByOne: string | undefined;
  for (const name of names) {
    const [first, second] = [one.get(name)!, two.get(name)!];
    const changed = first.flatMap((size, axis) => (size === second[axis] ? [] : [axis]));
    if (first.length === second.length && changed.length === 0) apart.add(name);
    else if (first.length !== second.length || changed.length > 1 || changed[0] !== 0 || second[0] !== 2 * first[0])
      oneByOne ??= "rows are not along the first axis of all values";
  }
  return { apart, ...(oneByOne !== undefined && { oneByOne }) };
}

/**
 * @param watched values of the graph that are neither inputs nor weights, whose rows are to be told apart
 * @param others values whose shapes are wanted as well
 * @param taken all names in the graph
 */
export async function probeShapes(
  { ort, session }: { readonly ort: OnnxRuntime; readonly session: object | undefined },
  bytes: Uint8Array,
  feeds: RowFeeds,
  watched: ReadonlySet<string>,
  others: readonly string[],
  taken: ReadonlySet<string>,
): Promise<Probed> {
  const names = [...new Set([...watched, ...others])];
  const prefix = freshPrefix(taken);
  const added = names.flatMap((name, index) => [
    nodeField("Shape", [name], `${prefix}${index}`),
    outputField(`${prefix}${index}`),
  ]);
  return withSession(ort, new GraphBytes(bytes).edited([], added), session, async (run) => {
    const rows = feeds.batch ?? 1;
    const shapes = await shapesOf(run, feeds, rows, names, prefix);
    if (feeds.batch !== undefined || feeds.rows < 2) return { shapes, rows, apart: new Set() };
    try {
      return { shapes, rows, ...compare(watched, shapes, await shapesOf(run, feeds, 2, names, prefix)) };
    } catch (error) {
      if (!(error instanceof RelumineError)) throw error;
      return { shapes, rows, apart: new Set(), oneByOne: "the graph takes no more than one row at a time" };
    }
  });
}
