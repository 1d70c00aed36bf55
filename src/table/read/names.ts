// What a table's columns are called: as its header says, and differently each.
import { quote } from "../cells.js";
import { countOf } from "../../text/numbers.js";

const TOLD = 3; // new names that are told one by one

export interface ColumnNames {
  /** All different. */
  readonly names: readonly string[];
  readonly notes: readonly string[];
}

/**
 * Columns without a name are called by their place, and of those that share one the first keeps it: `a,a,,a_2` are a,
 * a_3, column 3 and a_2.
 * @param cells of the header, empty where it names nothing
 */
export function nameColumns(cells: readonly string[]): ColumnNames {
  const taken = new Set(cells);
  const kept = new Set<string>();
  const last = new Map<string, number>();
  const renamed: string[] = [];
  const names = cells.map((cell, column) => {
    const name = cell || `column ${column + 1}`;
    const isFree = cell === "" ? !taken.has(name) : !kept.has(name);
    if (isFree) {
      kept.add(name);
      return name;
    }
    let count = (last.get(name) ?? 1) + 1;
    while (taken.has(`${name}_${count}`)) count++;
    last.set(name, count);
    const other = `${name}_${count}`;
    taken.add(other);
    renamed.push(`column ${column + 1} is called ${quote(other)}, as ${quote(name)} is taken`);
    return other;
  });
  const more = renamed.length - TOLD;
  const told = [...renamed.slice(0, TOLD), ...(more > 0 ? [`and so on for ${countOf(more, "more column")}`] : [])];
  return { names, notes: renamed.length === 0 ? [] : [told.join("; ")] };
}
