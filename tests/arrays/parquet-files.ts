// A Parquet file of one column of doubles, byte by byte, any of whose sizes may be another.
import { joinBytes } from "../support/array-files.js";

export function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 128);
  return [...bytes, rest];
}

export const zigzag = (value: number): number[] => varint(value < 0 ? -2 * value - 1 : 2 * value);

type Field = readonly [id: number, type: number, bytes: readonly number[]];

/** A struct of Thrift's compact protocol. */
function struct(...fields: readonly Field[]): number[] {
  let before = 0;
  const bytes = fields.flatMap(([id, type, value]) => {
    const header = ((id - before) << 4) | type;
    before = id;
    return [header, ...value];
  });
  return [...bytes, 0];
}

const integer = (id: number, value: number): Field => [id, 6, zigzag(value)];
const name = (text: string): number[] => [...varint(text.length), ...new TextEncoder().encode(text)];
const list = (id: number, type: number, ...items: readonly (readonly number[])[]): Field => [
  id,
  9,
  [(items.length << 4) | type, ...items.flat()],
];

export interface Lies {
  readonly rows?: number;
  readonly pageRows?: number;
  readonly pageSize?: number;
  readonly packedSize?: number;
  readonly offset?: number;
  readonly children?: number;
  readonly type?: number;
  readonly codec?: number;
  /** All rows are 1.5, by a dictionary of one word. */
  readonly isRun?: boolean;
}

const MAGIC = [80, 65, 82, 49];

export function parquetFile(lies: Lies): Uint8Array<ArrayBuffer> {
  const { rows = 4, isRun = false, codec = 0, type = 5, children = 1 } = lies;
  const doubles = [...new Uint8Array(Float64Array.of(1.5, -2, 3, 0.25).buffer)];
  const data = isRun ? [1, ...varint(2 * rows), 0] : doubles;
  const { pageRows = isRun ? rows : 4, pageSize = data.length, packedSize = data.length } = lies;
  const page = [
    ...struct(integer(1, 0), integer(2, pageSize), integer(3, packedSize), [
      5,
      12,
      struct(integer(1, pageRows), integer(2, isRun ? 8 : 0), integer(3, 3), integer(4, 3)),
    ]),
    ...data,
  ];
  const word = doubles.slice(0, 8);
  const dictionary = [
    ...struct(integer(1, 2), integer(2, 8), integer(3, 8), [7, 12, struct(integer(1, 1), integer(2, 0))]),
    ...word,
  ];
  const pages = isRun ? [...dictionary, ...page] : page;
  const { offset = MAGIC.length } = lies;
  const chunk = struct(
    integer(1, type),
    list(2, 5, zigzag(0)),
    list(3, 8, name("x")),
    integer(4, codec),
    integer(5, rows),
    integer(6, pages.length),
    integer(7, pages.length),
    integer(9, offset),
  );
  const footer = struct(
    integer(1, 1),
    list(
      2,
      12,
      struct([4, 8, name("schema")], integer(5, children)),
      struct(integer(1, type), integer(3, 0), [4, 8, name("x")]),
    ),
    integer(3, rows),
    list(4, 12, struct(list(1, 12, struct(integer(2, 4), [3, 12, chunk])), integer(2, pages.length), integer(3, rows))),
  );
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, footer.length, true);
  return joinBytes(MAGIC, pages, footer, length, MAGIC);
}
