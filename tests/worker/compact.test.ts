// Bytes and halves cross to a worker as they are, and give there what they give here.
import { expect, it } from "vitest";
import * as direct from "../../src/index.js";
import * as remote from "../../src/worker.js";
import { expectError } from "../support/errors.js";

type Api = Pick<typeof direct, keyof typeof direct & keyof typeof remote>;

const rows = 60;
const y = Array.from({ length: rows }, (_, r) => (r * 7) % 3);
const SPEC = { inputs: 5, layers: [{ units: 16 }, { units: 3 }], loss: "crossEntropy", seed: 3 } as const;
const BYTES = { rows, columns: 5, data: Uint8Array.from({ length: 300 }, (_, i) => (i * 101) % 256), scale: 1 / 255 };
const HALVES = {
  rows,
  columns: 5,
  data: Uint16Array.from({ length: 300 }, (_, i) => 0x3800 + ((i * 101) % 0x800)),
  type: "float16",
} as const;

async function run(api: typeof direct | typeof remote, x: direct.Samples): Promise<object> {
  const { createNetwork, diagnose, prove, treat } = api as Api;
  const network = await createNetwork(SPEC, { arithmetic: "reproducible" });
  const { epochs } = await network.fit({ x, y }, { epochs: 4, validation: { x, y } });
  const result = {
    losses: epochs.map(({ loss, validation }) => [loss, validation]),
    diagnosis: `${await diagnose(network, x, { targets: y })}`,
    proof: (await prove(network, x, { threads: 1 })).units,
    treatment: `${await treat(network, x, { kind: "liftBias" })}`,
    outputs: (await network.predict(x)).data,
  };
  await network.dispose();
  return result;
}

it.each([
  ["bytes", BYTES],
  ["halves", HALVES],
])("%s give the same here and there", async (_what, x) => {
  expect(await run(remote, x)).toEqual(await run(direct, x));
});

it("sends halves of the engine too", async () => {
  const Halves = (globalThis as { Float16Array?: new (buffer: ArrayBuffer) => direct.CompactMatrix["data"] })
    .Float16Array;
  if (!Halves) return;
  const { type: _, ...shape } = HALVES;
  const x = { ...shape, data: new Halves(HALVES.data.buffer) };
  expect(await run(remote, x)).toEqual(await run(direct, HALVES));
});

it("refuses bytes that are too few before they are sent", async () => {
  const network = await remote.createNetwork(SPEC);
  await expectError(network.predict({ ...BYTES, rows: 61 }), "shape", "x.data");
  await network.dispose();
});
