// More rows than memory would hold beside what the network makes of them: 50,000 of them through a sparse autoencoder's
// encoder, in a program of its own, whose memory is bounded. RELUMINE_LONG=8 takes one of 24,576 units and 100,000
// rows.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { patienceFor, times } from "../support/times.js";

const [ROWS, COLUMNS, UNITS] = [times(50_000, 100_000), 768, times(3072, 24_576)];
const MOST_MEGABYTES = UNITS === 24_576 ? 1500 : 450; // all activations would be 600 MB and more

const PROGRAM = `
import { createNetwork, diagnose } from "relumine";
const [rows, columns, units] = [${ROWS}, ${COLUMNS}, ${UNITS}];
const layers = [{ units }, { units: columns }];
const network = await createNetwork({ inputs: columns, layers, loss: "meanSquaredError", seed: 1 }, { threads: "auto" });
network.layers[0].setWeights({ bias: Float32Array.from({ length: units }, (_, i) => -1 - 8 * (i / units)) });
function* blocks(total, size) {
  let state = 1;
  for (let start = 0; start < total; start += size) {
    const count = Math.min(size, total - start);
    const data = new Float32Array(count * columns);
    for (let i = 0; i < data.length; i++) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      data[i] = (state / 2 ** 32 - 0.5) * 3.46;
    }
    yield { rows: count, columns, data };
  }
}
const begin = performance.now();
const all = await diagnose(network, { rows, blocks: () => blocks(rows, 1000) }, { upTo: 0 });
const seconds = (performance.now() - begin) / 1000;
const megabytes = process.resourceUsage().maxRSS / 1024;
const [few] = blocks(600, 600);
const [whole, cut] = [diagnose(network, few, { upTo: 0 }), await diagnose(network, { blocks: () => blocks(600, 7) }, { upTo: 0 })];
const isSame = JSON.stringify(whole.layers) === JSON.stringify(cut.layers);
const dead = all.layers[0].units.filter(({ state }) => state === "dead");
const revivable = dead.filter(({ biasToRevive, preactivation }) => biasToRevive > 0 || preactivation.max < 0).length;
console.log(JSON.stringify({ seconds, megabytes, isSame, samples: all.samples, dead: dead.length, revivable, few: whole.dead }));
process.exit();
`;

interface Told {
  readonly seconds: number;
  readonly megabytes: number;
  readonly isSame: boolean;
  readonly samples: number;
  readonly dead: number;
  readonly revivable: number;
  /** Dead on the first rows. */
  readonly few: number;
}

test(
  `${ROWS} rows of ${COLUMNS} to ${UNITS} units, in at most ${MOST_MEGABYTES} MB`,
  async () => {
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", PROGRAM]);
    const told = JSON.parse(stdout) as Told;
    console.log(`${told.seconds.toFixed(0)} s, ${told.megabytes.toFixed(0)} MB`);
    expect(told).toMatchObject({ isSame: true, samples: ROWS, revivable: told.dead });
    expect(told.megabytes).toBeLessThan(MOST_MEGABYTES);
    expect(told.dead).toBeGreaterThan(UNITS / 25);
    expect(told.dead).toBeLessThan(told.few);
  },
  patienceFor(5),
);
