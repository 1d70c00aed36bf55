// Training from a file of ten times the heap and from memory, by turns: node --max-old-space-size=HEAP --import tsx
// from-file-child.ts FILE TYPE ROWS COLUMNS prints seconds, and what the process had resident before the rows were in
// memory, as JSON. Runs the built package in dist/, by public names alone.
import { readFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { byTurns } from "./turns.js";

const [file, type, rowsText, columnsText] = process.argv.slice(2) as [string, "uint8" | "float32", string, string];
const [rows, columns] = [Number(rowsText), Number(columnsText)];
const BATCH = 128;
const PIECE = 2 ** 26;

const dist = (name: string): string => new URL(`../dist/${name}.js`, import.meta.url).href;
const { createNetwork, sgd } = (await import(dist("index"))) as typeof import("../src/index.js");
const { openRows } = (await import(dist("node"))) as typeof import("../src/node.js");

const create = () =>
  createNetwork({ inputs: columns, layers: [{ units: 128 }, { units: 10 }], loss: "crossEntropy", seed: 1 });
const options = { epochs: 1, optimizer: sgd({ learningRate: 0.01 }) };
const scale = type === "uint8" ? 1 / 255 : 1;

const source = await openRows(
  { file, type, shape: [rows, columns] },
  { file: `${file}.labels`, type: "uint8", shape: [rows] },
  { batchSize: BATCH, scale },
);
const fromFile = await create();
await fromFile.fit(source, options);
const resident = process.resourceUsage().maxRSS * 1024;

/** All rows, as a program reads them that has the memory. */
async function readAll(): Promise<Uint8Array | Float32Array> {
  const data = type === "uint8" ? new Uint8Array(rows * columns) : new Float32Array(rows * columns);
  const bytes = new Uint8Array(data.buffer);
  const handle = await open(file);
  for (let at = 0; at < bytes.length;) {
    const { bytesRead } = await handle.read(bytes, at, Math.min(PIECE, bytes.length - at), at);
    at += bytesRead;
  }
  await handle.close();
  return data;
}

const data = await readAll();
const x = data instanceof Uint8Array ? { rows, columns, data, scale } : { rows, columns, data };
const set = { x, y: Int32Array.from(readFileSync(`${file}.labels`)) };
const inMemory = await create();
const turns = await byTurns(
  [() => inMemory.fit(set, { ...options, batchSize: BATCH }), () => fromFile.fit(source, options)],
  1,
);
const losses = [inMemory.evaluate(set).loss, fromFile.evaluate(set).loss];
await source.close();
console.log(JSON.stringify({ turns, resident, losses }));
