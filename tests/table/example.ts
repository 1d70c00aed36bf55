import { createNetwork } from "../../src/index.js";
import { decodeOutputs, encodeRows, prepareTable } from "../../src/table.js";

const flats = [
  "area;city;price",
  ...Array.from({ length: 60 }, (_, i) => `${20 + ((i * 7) % 90)},5 m2;${"ABC"[i % 3]};${90 + i}.500 €`),
].join("\n");
const { task, columns, training, heldOut, notes, encoding } = await prepareTable(flats, { target: "price" });
console.log(task, columns, notes);

const network = await createNetwork({
  inputs: columns.length,
  layers: [{ units: 16, activation: "relu" }, { units: 1 }],
  loss: "meanSquaredError",
  seed: 1,
});
await network.fit(training, { epochs: 30, validation: heldOut });
const later = await encodeRows(encoding, "city;area\nB;61,5 m2\nA;99 m2\n"); // JSON keeps an encoding
console.log(decodeOutputs(encoding, network.predict(later))); // in euros
