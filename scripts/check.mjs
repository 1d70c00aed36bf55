// npm run check: the scripts "check:..." of package.json, as many at a time as there are processors, in their order:
// the longest first. All are run, whatever fails; a NAME or more runs those alone.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { performance } from "node:perf_hooks";
import { path } from "./tools.mjs";

const PREFIX = "check:";
const { scripts } = JSON.parse(readFileSync(path("package.json"), "utf8"));
const all = Object.keys(scripts).filter((name) => name.startsWith(PREFIX));
const asked = process.argv.slice(2).map((name) => PREFIX + name);
const unknown = asked.find((name) => !all.includes(name));
if (unknown !== undefined) throw new Error(`${unknown}: the checks are ${all.join(", ")}`);

/** Says how long it took, and all that it printed if it failed; warnings of what passes are nobody's matter. */
async function check(name) {
  const start = performance.now();
  const child = spawn("npm", ["run", "--silent", name], {
    cwd: path(""),
    shell: process.platform === "win32",
    stdio: ["ignore", "pipe", "pipe"],
    // packing would build dist/ anew, amid the others that read it; it was built before
    env: { ...process.env, npm_config_ignore_scripts: "true" },
  });
  const printed = [];
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => printed.push(chunk));
  const [code] = await once(child, "close");
  const seconds = ((performance.now() - start) / 1e3).toFixed(1);
  if (code !== 0) process.stderr.write(Buffer.concat(printed));
  console.error(`${name.padEnd(15)} ${seconds.padStart(5)} s${code === 0 ? "" : "  FAILED"}`);
  return code === 0;
}

const waiting = asked.length > 0 ? asked : all;
async function work() {
  for (let name; (name = waiting.shift()) !== undefined;) if (!(await check(name))) process.exitCode = 1;
}
await Promise.all(Array.from({ length: availableParallelism() }, work));
