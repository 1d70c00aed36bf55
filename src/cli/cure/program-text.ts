// A trial as a program: reads the table as the command did, holds the same rows out, trains, and says what came of it.
// Text only.
import { shorten } from "../../table/cells.js";
import type { TableEncoding } from "../../table/encoding.js";
import type { PreparedTable } from "../../table/prepare.js";
import type { Trial } from "../../index.js";

function propertyName(key: string): string {
  return /^[a-z]\w*$/i.test(key) ? key : JSON.stringify(key);
}

/** A plain value as JavaScript writes it. */
function literal(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const fields = Object.entries(value).filter(([, each]) => each !== undefined);
  return fields.length === 0
    ? "{}"
    : `{ ${fields.map(([key, each]) => `${propertyName(key)}: ${literal(each)}`).join(", ")} }`;
}

const call = ({ name, options }: { readonly name: string; readonly options?: object }): string =>
  `${name}(${options ? literal(options) : ""})`;

/** One item a line, or several where they are short. */
function lines(items: readonly string[], perLine: number): string {
  const rows = [];
  for (let start = 0; start < items.length; start += perLine)
    rows.push(`  ${items.slice(start, start + perLine).join(", ")},\n`);
  return rows.join("");
}

const READER = `
/** Cells of comma-separated values (RFC 4180), a list for each line; empty lines are left out. */
function parseCsv(text) {
  const rows = [];
  let row = [];
  const cells = /[ \\t]*(?:"((?:[^"]|"")*)"|([^",\\n]*))[ \\t]*(,|\\n|$)/gy;
  for (let match; (match = cells.exec(text)) && cells.lastIndex <= text.length; ) {
    row.push(match[1] === undefined ? match[2].trim() : match[1].replaceAll('""', '"'));
    if (match[3] === ",") continue;
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
    if (match[3] === "") break;
  }
  return rows;
}

const MISSING = ["", "na", "nan", "null", "?"];
const isMissing = (cell) => MISSING.includes(cell.toLowerCase());

function inputsOf(row) {
  return inputs.flatMap(({ kind, column, median, mean, scale, categories }) => {
    const cell = row[header.indexOf(column)];
    if (kind === "number") return ((isMissing(cell) ? median : Number(cell)) - mean) / scale;
    return categories.map((category) => Number(category === (isMissing(cell) ? "" : cell)));
  });
}
`;

const CLASS_OF = `
function targetOf(row) {
  const cell = row[header.indexOf(target.column)];
  return target.classes.includes(cell) ? target.classes.indexOf(cell) : target.classes.indexOf(String(Number(cell)));
}
`;

const NUMBER_OF = `
function targetOf(row) {
  return (Number(row[header.indexOf(target.column)]) - target.mean) / target.scale;
}
`;

function dataCode({ inputs, target }: TableEncoding, heldOutRows: readonly number[]): string {
  return `// How the columns were read. Numbers: (value - mean) / scale; words: an input for each category, "" where the
// value is missing.
const inputs = [
${lines(inputs.map(literal), 1)}];
const target = ${literal(target)};
/** Rows of the table that are held out, counted from 0 below the header. */
const heldOut = new Set([
${lines(heldOutRows.map(String), 20)}]);
`;
}

function fitCode({ fit: { epochs, batchSize, optimizer, clipNorm }, callbacks = [] }: Trial): string {
  const options = [
    `epochs: ${epochs}`,
    `batchSize: ${batchSize}`,
    `optimizer: ${call(optimizer!)}`,
    ...(clipNorm === undefined ? [] : [`clipNorm: ${clipNorm}`]),
    ...(callbacks.length === 0 ? [] : [`callbacks: [${callbacks.map(call).join(", ")}]`]),
  ];
  return `await network.fit(training, { ${options.join(", ")} });\n`;
}

const rowsCode = (rows: number): string => `
const bytes = await readFile(path);
const text = new TextDecoder().decode(bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes);
const [names, ...rows] = parseCsv(text.replaceAll("\\r\\n", "\\n"));
const header = names.map((name, column) => name || \`column \${column + 1}\`);
const missing = [...inputs, target].find(({ column }) => !header.includes(column));
if (missing) throw new Error(\`the table has no column "\${missing.column}"\`);
const hasTarget = ({ row }) => !isMissing(row[header.indexOf(target.column)]);
const known = rows.map((row, index) => ({ row, index })).filter(hasTarget);
if (known.length !== ${rows}) {
  console.error(\`The table has \${known.length} rows with a target; it had ${rows} when this program was written.\`);
}
const pick = (isHeldOut) => {
  const chosen = known.filter(({ index }) => heldOut.has(index) === isHeldOut).map(({ row }) => row);
  return { x: chosen.map(inputsOf), y: chosen.map(targetOf) };
};
const training = pick(false);
const validation = pick(true);
`;

const EMBEDDED =
  'createRequire(import.meta.url).resolve("relumine/package.json")' +
  '.replace(/package\\.json$/, "dist/cli/digits.csv.gz")';

/**
 * The program, as an ES module for Node that imports relumine. Its first line of output is the metrics on the held-out
 * rows, as JSON: with "reproducible" arithmetic those of the trial's first seed, to the bit.
 * @param source the table as the command was given it
 */
export function writeCode(
  trial: Trial,
  source: string,
  prepared: PreparedTable,
  arithmetic: "fast" | "reproducible",
): string {
  const { encoding, heldOutRows, training, heldOut } = prepared;
  const { fit, callbacks = [], calibrate, spec } = trial;
  const isEmbedded = source === "digits";
  const names = [
    "createNetwork",
    "diagnose",
    fit.optimizer!.name,
    ...callbacks.map(({ name }) => name),
    ...(calibrate ? ["calibrate"] : []),
  ];
  return [
    `// "${trial.name}": what "relumine cure" chose for ${shorten(source)}. Run it: node THIS_FILE.mjs [TABLE]\n`,
    `import { readFile } from "node:fs/promises";\n`,
    isEmbedded ? `import { createRequire } from "node:module";\n` : "",
    `import { gunzipSync } from "node:zlib";\nimport { ${names.sort().join(", ")} } from "relumine";\n\n`,
    `const path = process.argv[2] ?? ${isEmbedded ? EMBEDDED : JSON.stringify(source)};\n\n`,
    dataCode(encoding, heldOutRows),
    READER,
    encoding.target.kind === "classes" ? CLASS_OF : NUMBER_OF,
    rowsCode(training.x.rows + heldOut.x.rows),
    `\nconst network = await createNetwork(${literal(spec)}, { arithmetic: "${arithmetic}" });\n`,
    calibrate ? `calibrate(network, training.x, ${literal(calibrate)});\n` : "",
    fitCode(trial),
    "console.log(JSON.stringify(network.evaluate(validation)));\nconsole.log(String(diagnose(network, training.x)));\n",
  ].join("");
}
