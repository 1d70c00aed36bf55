// What is used of jsfive, which brings no types.
declare module "jsfive" {
  export class Group {
    readonly keys: string[];
    readonly attrs: Record<string, unknown>;
    get(name: string): unknown;
  }
  export class Dataset {
    readonly shape: number[];
    readonly dtype: unknown;
    readonly value: ArrayLike<unknown>;
  }
  export class File extends Group {
    constructor(bytes: ArrayBuffer, name: string);
  }
}
