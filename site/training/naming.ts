// What the page calls things in the package's messages: layers and units count from 1, columns and classes have names,
// and rows none, as the page has shuffled them.
import { type Naming } from "../../src/text/naming.js";
import { formatCount } from "../../src/text/numbers.js";

const fromOne = (index: number) => formatCount(index + 1);

/** A name that is a number stays bare; what has no name is counted from 1. */
function nameIn(names: readonly string[]): (index: number) => string {
  return (index) => {
    const name = names[index];
    if (name === undefined) return fromOne(index);
    return /^\d+$/.test(name) ? name : `"${name}"`;
  };
}

/** Of a task, or of nothing but layers and units. */
export function pageNaming(features: readonly string[] = [], classes: readonly string[] = []): Naming {
  return {
    layer: fromOne,
    unit: fromOne,
    column: nameIn(features),
    class: nameIn(classes),
    row: () => undefined,
  };
}
