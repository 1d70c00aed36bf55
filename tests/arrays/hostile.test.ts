// Files of data that lie: each is refused as a RelumineError, in no time, and allocates nothing by a size that it
// names.
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { readActivations } from "../../src/arrays/activation-layers.js";
import { bytesSource } from "../../src/arrays/byte-source.js";
import { readRows } from "../../src/arrays/read-rows.js";
import { ZipFile } from "../../src/arrays/zip.js";
import type { ErrorCode } from "../../src/core/errors.js";
import { diagnoseActivations } from "../../src/index.js";
import { expectError } from "../support/errors.js";
import { floats, idxFile, joinBytes, npyFile, npyWith, npzFile } from "../support/array-files.js";
import { startWatch } from "../support/stopwatch.js";

const header = (shape: string, descr = "'<f4'", order = "False"): string =>
  `{'descr': ${descr}, 'fortran_order': ${order}, 'shape': ${shape}, }`;
const eight = floats([1, 2, 3, 4, 5, 6, 7, 8]);
const healthy = npyFile([4, 2], [1, 2, 3, 4, 5, 6, 7, 8]);

const npz = npzFile({ x: healthy });
const changed = (bytes: Uint8Array, place: number, ...values: number[]): Uint8Array => {
  const copy = joinBytes(bytes);
  copy.set(values, place < 0 ? bytes.length + place : place);
  return copy;
};
/** Where the directory's only entry begins. */
const entry = npz.length - 22 - 46 - "x.npy".length;
/** 200 MB of zeros in 200 kB, whose header asks for them all, and the same as the only entry of an archive. */
const bombInGzip = (shape: string, descr?: string): Uint8Array =>
  gzipSync(npyWith(header(shape, descr), new Uint8Array(2e8)));
function bomb(shape: string, descr?: string): Uint8Array {
  const packed = bombInGzip(shape, descr);
  const deflated = packed.subarray(10, -8);
  const sums = packed.subarray(-8); // the checksum, and how large it is unpacked
  const sizes = new Uint8Array(Uint32Array.of(deflated.length).buffer);
  const about = joinBytes([8, 0, 0, 0, 0x21, 0], sums.subarray(0, 4), sizes, sums.subarray(4), [5, 0, 0, 0]);
  const name = new TextEncoder().encode("x.npy");
  const local = joinBytes([0x50, 0x4b, 3, 4, 20, 0, 0, 0], about, name, deflated);
  const directory = joinBytes([0x50, 0x4b, 1, 2, 20, 0, 20, 0, 0, 0], about, new Uint8Array(14), name);
  const end = new Uint8Array(22);
  end.set([0x50, 0x4b, 5, 6, 0, 0, 0, 0, 1, 0, 1, 0]);
  new DataView(end.buffer).setUint32(12, directory.length, true);
  new DataView(end.buffer).setUint32(16, local.length, true);
  return joinBytes(local, directory, end);
}

const files: [string, () => Uint8Array, ErrorCode][] = [
  ["a shape of other bytes", () => npyWith(header("(4, 3)"), eight), "format"],
  ["a shape beyond any memory", () => npyWith(header("(1000000, 1000000)"), eight), "memory"],
  ["a shape of 2^53", () => npyWith(header("(9007199254740992,)"), eight), "format"],
  ["a shape whose product wraps", () => npyWith(header("(4294967296, 4294967296)"), eight), "memory"],
  ["a shape of 2^28 without bytes", () => npyWith(header("(268435456, 1)"), eight), "format"],
  ["sizes of 0 beside a huge one", () => npyWith(header("(0, 4294967296)"), new Uint8Array()), "shape"],
  ["a negative size", () => npyWith(header("(-4, 2)"), eight), "format"],
  ["17 axes", () => npyWith(header(`(${"1, ".repeat(17)})`), floats([1])), "format"],
  ["objects", () => npyWith(header("(1,)", "'|O'"), eight), "unsupported"],
  ["Python in the header", () => npyWith("{'descr': __import__('os').system('true')}", eight), "format"],
  ["a header that is cut short", () => healthy.subarray(0, 40), "format"],
  ["a header without an end", () => changed(healthy, 8, 255, 255), "format"],
  ["numbers that are cut short", () => healthy.subarray(0, -3), "format"],
  ["numbers after the last", () => joinBytes(healthy, [0, 0, 0, 0]), "format"],
  ["an unknown version", () => changed(healthy, 6, 9), "format"],
  ["NaN", () => npyFile([1, 2], [1, NaN]), "value"],
  [
    "a double beyond float32",
    () => npyWith(header("(1, 1)", "'<f8'"), new Uint8Array(Float64Array.of(1e300).buffer)),
    "value",
  ],
  ["a zip without its end", () => npz.subarray(0, -10), "format"],
  ["a zip whose entry is elsewhere", () => changed(npz, entry + 42, 255, 255, 255, 10), "format"],
  ["a zip whose entry is larger", () => changed(npz, entry + 20, 255, 255, 255, 10, 255, 255, 255, 10), "format"],
  ["a zip of 60,000 entries in none", () => changed(npz, -12, 96, 234), "format"],
  ["an encrypted entry", () => changed(npz, entry + 8, 1), "unsupported"],
  ["an unknown method", () => changed(npz, entry + 10, 93), "unsupported"],
  ["a checksum of others", () => changed(npz, entry + 16, 1, 2, 3, 4), "format"],
  ["a bomb of floats", () => bomb("(50000000, 1)"), "memory"],
  ["a bomb of bytes", () => bomb("(200000000, 1)", "'|u1'"), "memory"],
  ["a bomb in gzip", () => bombInGzip("(200000000, 1)", "'|u1'"), "memory"],
  ["gzip whose end says less", () => changed(gzipSync(healthy), -4, 1, 0, 0, 0), "format"],
  ["gzip whose end says more", () => changed(gzipSync(healthy), -2, 1), "format"],
  ["gzip that is cut short", () => gzipSync(healthy).subarray(0, -9), "format"],
  ["IDX of other bytes", () => idxFile(8, [3, 2], [1, 2, 3]), "format"],
  ["IDX whose sizes wrap", () => idxFile(8, [65536, 65536, 65536], [1]), "memory"],
  ["IDX without its sizes", () => new Uint8Array([0, 0, 8, 3, 0, 0]), "format"],
  ["a pickle", () => new Uint8Array([0x80, 4, 0x95, 0, 0]), "unsupported"],
  ["HDF5", () => new Uint8Array([0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a]), "unsupported"],
  ["safetensors with a header beyond the file", () => joinBytes([255, 0, 0, 0, 0, 0, 0, 0], [0x7b, 0x7d]), "format"],
  ["safetensors with offsets beyond the file", () => safetensors([0, 400]), "format"],
  ["safetensors in a circle", () => safetensors([8, 0]), "format"],
  ["an empty file", () => new Uint8Array(), "format"],
  ["zeros", () => new Uint8Array(4096), "format"],
];

function safetensors(offsets: readonly number[]): Uint8Array {
  const json = JSON.stringify({ x: { dtype: "F32", shape: [2, 1], data_offsets: offsets } });
  return joinBytes([json.length, 0, 0, 0, 0, 0, 0, 0], new TextEncoder().encode(json), eight.subarray(0, 8));
}

const MOST_MS = 2000;
const MOST_BYTES = 300e6;

describe("refused", () => {
  test.each(files)("%s", async (_what, make, code) => {
    const bytes = make();
    const before = process.memoryUsage();
    const elapsed = startWatch();
    await expectError(readRows(bytes), code);
    expect(elapsed()).toBeLessThan(MOST_MS);
    const { rss, arrayBuffers } = process.memoryUsage();
    expect(Math.max(rss - before.rss, arrayBuffers - before.arrayBuffers)).toBeLessThan(MOST_BYTES);
  });
});

describe("what layers did, in files that are larger than they look", () => {
  test.each<[string, () => Uint8Array]>([
    ["rows of a bomb", () => bomb("(50, 1000000)")],
    ["a row of a bomb", () => bomb("(1, 50000000)")],
    ["more units than are judged", () => npzFile({ x: npyFile([1, 2 ** 20 + 1], new Float32Array(2 ** 20 + 1)) })],
  ])("%s", async (_what, make) => {
    const bytes = make();
    const elapsed = startWatch();
    const { layers } = await readActivations([bytes]);
    await expectError(diagnoseActivations({ layers }), "memory");
    expect(elapsed()).toBeLessThan(MOST_MS);
  });

  /** Counts what is read of it. */
  const counted = (bytes: Uint8Array) => {
    const reads = { ranges: 0, tails: 0 };
    const read = async (begin: number, end: number): Promise<Uint8Array> => {
      reads.ranges++;
      if (end === bytes.length) reads.tails++;
      return bytes.subarray(begin, end);
    };
    return { reads, source: { size: bytes.length, read } };
  };

  test("the archive's directory is read as often, however many texts it has", async () => {
    const text = npyWith("{'descr': '<U4', 'fortran_order': False, 'shape': (), }", new Uint8Array(16).fill(0));
    const layersOf = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, i) => [
          [`l${i}.preactivations`, npyFile([1, 1], [1])],
          [`l${i}.activation`, text],
        ]).flat() as [string, Uint8Array][],
      );
    const tails = async (count: number) => {
      const { reads, source } = counted(npzFile(layersOf(count)));
      expect((await readActivations([source])).layers).toHaveLength(count);
      return reads.tails;
    };
    expect(await tails(40)).toBe(await tails(2));
  });

  test("opening an archive unpacks little of each entry", async () => {
    const large = npyWith(header("(1000, 1000)"), new Uint8Array(4e6));
    const archive = await ZipFile.open(bytesSource(npzFile({ x: large }, 9)));
    for await (const piece of archive.pieces("x.npy")) {
      expect(piece.length).toBeLessThan(2 ** 17);
      break;
    }
    let size = 0;
    for await (const piece of archive.pieces("x.npy")) size += piece.length;
    expect(size).toBe(large.length);
  });
});

describe("the same files without the lie are read", () => {
  test.each([
    ["npy", () => healthy],
    ["npz", () => npz],
    ["npz, deflated", () => npzFile({ x: healthy }, 9)],
    ["npy.gz", () => gzipSync(healthy)],
    ["IDX", () => idxFile(8, [4, 2], [1, 2, 3, 4, 5, 6, 7, 8])],
  ] as const)("%s", async (_what, make) => {
    const { x } = await readRows(make());
    expect(x).toMatchObject({ rows: 4, columns: 2, data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
  });

  test("safetensors", async () => {
    expect((await readRows(safetensors([0, 8]))).x).toMatchObject({ rows: 2, columns: 1, data: Float32Array.of(1, 2) });
  });

  test("an archive of zeros that is as large as its bytes allow", async () => {
    const zeros = npyWith(header("(1000000, 8)", "'|u1'"), new Uint8Array(8e6));
    expect((await readRows(npzFile({ x: zeros }, 9))).x.rows).toBe(1e6);
  });
});
