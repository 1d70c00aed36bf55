// HDF5 by jsfive: groups by exact names, no links, and numbers only of the shape that is expected. What jsfive throws
// on damaged files is of any kind; here it becomes a RelumineError.
import { Dataset, File, Group } from "jsfive";
import { describe } from "../../../core/checks.js";
import { RelumineError } from "../../../core/errors.js";
import { isSameShape, productOf, shapeText } from "../../../arrays/numbers.js";
import type { NamedTensor } from "../../../arrays/tensor.js";
import { checkWeights } from "../../chain/value.js";

const TYPES = ["<f2", "<f4", "<f8", ">f2", ">f4", ">f8"];

function guarded<T>(what: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof RelumineError) throw error;
    const words = error instanceof Error ? error.message : String(error);
    throw new RelumineError("format", what, "to be HDF5", `what can't be read (${words.slice(0, 80)})`);
  }
}

/** A group of an HDF5 file. */
export class HdfGroup {
  constructor(
    readonly what: string,
    private readonly group: Group,
  ) {}

  keys(): string[] {
    return guarded(this.what, () => this.group.keys);
  }

  #member(name: string): unknown {
    return guarded(this.what, () => {
      if (!this.group.keys.includes(name)) return undefined;
      const links = Reflect.get(this.group, "_links") as Readonly<Record<string, unknown>>; // no other call tells
      const link = links[name];
      if (typeof link === "number" || typeof link === "bigint") return this.group.get(name);
      throw new RelumineError("unsupported", this.what, "to hold its members itself", `a link, ${describe(name)}`);
    });
  }

  /** The group in it, by a path of names; undefined where there is none. */
  within(path: readonly string[]): HdfGroup | undefined {
    const [name, ...rest] = path;
    if (name === undefined) return this;
    const member = this.#member(name);
    if (member === undefined || member === null) return undefined;
    if (member instanceof Group) return new HdfGroup(`${this.what}/${name.slice(0, 80)}`, member).within(rest);
    throw new RelumineError("format", `${this.what}/${name.slice(0, 80)}`, "to be a group", "something else");
  }

  attribute(name: string): unknown {
    return guarded(this.what, () => {
      const { attrs } = this.group;
      return Object.hasOwn(attrs, name) ? attrs[name] : undefined;
    });
  }

  /** Numbers of exactly this shape. */
  numbers(what: string, name: string, shape: readonly number[]): NamedTensor {
    const data = this.#member(name);
    if (!(data instanceof Dataset))
      throw new RelumineError("format", what, "to be in the file", `none at ${this.what}/${name}`);
    return guarded(what, () => {
      const given = data.shape;
      if (!isSameShape(given, shape))
        throw new RelumineError("format", what, `to have the shape [${shape.join(", ")}]`, shapeText(given));
      if (!TYPES.includes(data.dtype as string))
        throw new RelumineError("unsupported", what, "to be of floats", describe(data.dtype));
      return this.#read(what, data, shape);
    });
  }

  #read(what: string, dataset: Dataset, shape: readonly number[]): NamedTensor {
    const { value } = dataset;
    const count = productOf(shape);
    if (value.length !== count) throw new RelumineError("format", what, `to have ${count} numbers`, `${value.length}`);
    const numbers = new Float64Array(count);
    for (let i = 0; i < count; i++) numbers[i] = typeof value[i] === "number" ? (value[i] as number) : NaN;
    checkWeights(what, numbers);
    return { shape, data: numbers };
  }

  /** The shape that a dataset claims. */
  shapeOf(name: string): readonly number[] | undefined {
    const data = this.#member(name);
    return data instanceof Dataset ? guarded(this.what, () => data.shape) : undefined;
  }
}

/** The root of an HDF5 file. */
export function openHdf5(bytes: Uint8Array): HdfGroup {
  return guarded("the HDF5 file", () => new HdfGroup("the HDF5 file", new File(new Uint8Array(bytes).buffer, "model")));
}
