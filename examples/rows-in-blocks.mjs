// Looks at a network on more rows than memory would hold: they come in blocks, here computed, elsewhere read from
// files.
import { createNetwork, diagnose } from "relumine";

const ROWS = 50_000;
const rowAt = (i) => [Math.sin(i), Math.cos(1.7 * i), Math.sin(0.3 * i), Math.cos(0.01 * i)];

async function* blocks() {
  for (let start = 0; start < ROWS; start += 1000) yield Array.from({ length: 1000 }, (_, i) => rowAt(start + i));
}

const layers = [{ units: 64, biasInitializer: -1.5 }, { units: 4 }];
const network = await createNetwork(
  { inputs: 4, layers, loss: "meanSquaredError", seed: 3 },
  { arithmetic: "reproducible" },
);
const diagnosis = await diagnose(network, { rows: ROWS, blocks });
const { units } = diagnosis.layers[0];
const first = units.find(({ state }) => state === "dead");
console.log(`${diagnosis.dead} of ${diagnosis.units} units are dead on ${diagnosis.samples} rows`);
console.log(`unit ${first.unit} would open with a bias of ${first.biasToRevive.toFixed(3)}`);
network.dispose();

// It prints:
// 19 of 64 units are dead on 50000 rows
// unit 6 would open with a bias of 0.350
