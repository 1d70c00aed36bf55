// A process that reads one model of a stranger and nothing else: files, network and processes are taken away first.
// argv: a model of the same kind that is read before, so that the reader is there; then the JSON beside the model.
// What came of it is one line of JSON.
import child from "node:child_process";
import fs from "node:fs";
import http from "node:http";
import https from "node:https";
import net from "node:net";
import { basename, dirname, join } from "node:path";
import { syncBuiltinESMExports } from "node:module";
import { readModel } from "../../dist/models.js";

const [warm, given, act] = process.argv.slice(2);

function load(json) {
  const fixture = JSON.parse(fs.readFileSync(json, "utf8"));
  const folder = dirname(json);
  const file = fixture.files?.find((name) => name.endsWith("/model.json")) ?? fixture.file;
  const beside = (fixture.files ?? []).filter((name) => fs.existsSync(join(folder, name)));
  const files = Object.fromEntries(beside.map((name) => [basename(name), fs.readFileSync(join(folder, name))]));
  return [fs.readFileSync(join(folder, file)), { name: basename(file), files, ...fixture.options }];
}

await readModel(...load(warm)).catch(() => {});
const [bytes, options] = load(given);

const touched = [];
const take = (object, name) => {
  if (typeof object[name] !== "function") return;
  object[name] = () => {
    touched.push(name);
    throw new Error(`${name} was called`);
  };
};
const streams = /^(write|close|fsync)/; // of what this process prints
for (const name of Object.keys(fs)) if (!streams.test(name) && !/^[A-Z_]/.test(name)) take(fs, name);
for (const name of Object.keys(fs.promises)) take(fs.promises, name);
for (const name of Object.keys(child)) take(child, name);
for (const library of [http, https]) for (const name of ["get", "request"]) take(library, name);
for (const name of ["connect", "createConnection"]) take(net, name);
take(globalThis, "fetch");
take(globalThis, "WebSocket");
take(globalThis, "eval");
syncBuiltinESMExports();

const prototypes = () =>
  [Object, Array, Map, Set, Function, String, Number, Promise, Uint8Array, Float64Array]
    .map(({ prototype }) => Reflect.ownKeys(prototype).map(String).join())
    .join(";");
const shapes = prototypes();
globalThis.gc();
const before = process.memoryUsage().rss;
const start = process.cpuUsage();
const elapsed = () => {
  const { user, system } = process.cpuUsage(start); // a busy machine makes the clock on the wall run out
  return (user + system) / 1000;
};
let outcome = "read";
try {
  if (act === "grow") globalThis.kept = new Uint8Array(400 * 2 ** 20).fill(1);
  if (act === "wait") while (elapsed() < 2500);
  if (act === "open") fs.readFileSync("/etc/hostname");
  if (act === "pollute") Reflect.set(Object.getPrototypeOf({}), "polluted", true);
  await readModel(bytes, options);
} catch (error) {
  outcome = error?.name === "RelumineError" ? error.code : String(error);
}
const ms = elapsed();
process.stdout.write(
  `${JSON.stringify({
    outcome,
    ms,
    megabytes: (1024 * process.resourceUsage().maxRSS - before) / 2 ** 20,
    touched,
    isPolluted: prototypes() !== shapes,
  })}\n`,
);
