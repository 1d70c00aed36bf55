// Rows that do not fit in memory: how fast a network trains on a file of ten times the heap, beside the same rows in
// memory. The file was just written, so the system still has it: what is measured is the reading, not the disk.
import { execFile } from "node:child_process";
import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Case, Context, Figure } from "./measure.js";
import { summarize } from "./turns.js";

const COLUMNS = 784;
/** At half of it V8 is at its limit however little is allocated, and collects all the time. */
const HEAP_MEGABYTES = 64;
const TIMES = 10;
const PIECE_ROWS = 4096;

type Type = "uint8" | "float32";

interface Outcome {
  readonly turns: readonly (readonly [memory: number, file: number])[];
  readonly resident: number;
  readonly losses: readonly [memory: number, file: number];
}

/** Bright columns that the label chooses, on noise: something can be learnt, in any order of the rows. */
function fill(row: number, label: number, to: Uint8Array | Float32Array, at: number): void {
  let state = (row + 1) * 2654435761;
  for (let c = 0; c < COLUMNS; c++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = (state >>> 25) + (c % 10 === label ? 100 : 0);
    to[at + c] = to instanceof Uint8Array ? value : value / 255;
  }
}

async function writeRows(file: string, type: Type, rows: number): Promise<void> {
  const labels = Uint8Array.from({ length: rows }, (_, row) => (row * 7) % 10);
  const handle = await open(file, "w");
  for (let first = 0; first < rows; first += PIECE_ROWS) {
    const count = Math.min(PIECE_ROWS, rows - first);
    const piece = new (type === "uint8" ? Uint8Array : Float32Array)(count * COLUMNS);
    for (let r = 0; r < count; r++) fill(first + r, labels[first + r]!, piece, r * COLUMNS);
    await handle.writeFile(new Uint8Array(piece.buffer));
  }
  await handle.close();
  await writeFile(`${file}.labels`, labels);
}

async function measureType(type: Type, heap: number): Promise<Figure> {
  const rows = Math.floor((heap * TIMES * 2 ** 20) / (COLUMNS * (type === "uint8" ? 1 : 4)));
  const folder = await mkdtemp(join(tmpdir(), "relumine-bench-"));
  try {
    const file = join(folder, "rows.bin");
    await writeRows(file, type, rows);
    const child = fileURLToPath(new URL("from-file-child.ts", import.meta.url));
    const flags = [`--max-old-space-size=${heap}`, "--import", "tsx"];
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...flags,
      child,
      file,
      type,
      `${rows}`,
      `${COLUMNS}`,
    ]);
    const { turns, resident, losses } = JSON.parse(stdout) as Outcome;
    const [memory, other] = losses.map((loss) => loss.toFixed(4));
    const hasLearnt = losses.every((loss) => loss < 1);
    return {
      ...summarize(turns.map(([inMemory, fromFile]) => inMemory / fromFile)),
      unit: "of the speed in memory",
      wanted: { atLeast: 0.9 },
      note: `${heap * TIMES} MiB, a heap of ${heap} MiB, ${Math.round(resident / 2 ** 20)} MiB resident; ${rows} rows, ${turns.length} turns`,
      ...(!hasLearnt && { wrong: `losses ${memory} in memory, ${other} from the file` }),
    };
  } finally {
    await rm(folder, { recursive: true });
  }
}

export function fromFileCases({ heapMegabytes = HEAP_MEGABYTES }: Context): Case[] {
  return (["uint8", "float32"] as const).map((type) => ({
    name: `epoch from a file, ${type}, 784-128-10`,
    onDemand: true,
    run: () => measureType(type, heapMegabytes),
  }));
}
