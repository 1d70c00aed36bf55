// One peer in a process of its own: reads a task, builds the network, and answers one line of JSON for each line of
// JSON that it is asked.
//   node peer.mjs MODULE FOLDER       the adapter's file beside this one, and the folder that tasks.ts wrote
//   {"losses": 20}   twenty steps on the first batch, answered by { losses, seconds, cpuSeconds }; losses are those
//                    before each update
//   {"train": 400}   that many steps over all batches in turn, answered by { seconds, cpuSeconds }
// An adapter exports create(task) -> { version, losses(steps), train(steps) }, each of which may be asynchronous; a
// train that knows better than the clock around it gives its seconds.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

console.log = console.error; // some libraries greet; standard output is for answers alone

/**
 * { widths, batch, batches, loss, learningRate, x, y, layers }: x is batches Float32Arrays of batch x inputs, y of
 * labels or of batch x outputs.
 */
function readTask(folder) {
  const task = JSON.parse(readFileSync(join(folder, "task.json"), "utf8"));
  const { buffer, byteOffset, byteLength } = readFileSync(join(folder, "task.f32"));
  const floats = new Float32Array(buffer.slice(byteOffset, byteOffset + byteLength));
  let next = 0;
  const take = (count) => floats.slice(next, (next += count));
  const { widths, batch, batches, targetsPerRow } = task;
  const x = Array.from({ length: batches }, () => take(batch * widths[0]));
  const y = Array.from({ length: batches }, () => take(batch * targetsPerRow));
  const layers = widths
    .slice(1)
    .map((units, i) => ({ inputs: widths[i], units, kernel: take(widths[i] * units), bias: take(units) }));
  return { ...task, x, y, layers };
}

async function clock(run) {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = await run();
  const seconds = (performance.now() - start) / 1e3;
  const { user, system } = process.cpuUsage(cpu);
  return {
    seconds: typeof result === "number" ? result : seconds,
    cpuSeconds: (user + system) / 1e6,
    ...(Array.isArray(result) && { losses: result }),
  };
}

const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

try {
  const [, , module, folder] = process.argv;
  const { create } = await import(`./${module}`);
  const peer = await create(readTask(folder));
  answer({ version: peer.version });
  for await (const line of createInterface({ input: process.stdin })) {
    const { losses, train } = JSON.parse(line);
    answer(await clock(() => (losses === undefined ? peer.train(train) : peer.losses(losses))));
  }
} catch (error) {
  answer({ error: String(error?.message ?? error) });
}
