// Before any training: will this network be born dead, and which rates would kill it?
import { forecast } from "relumine";

const deepAndNarrow = {
  inputs: 1,
  layers: [...Array.from({ length: 9 }, () => ({ units: 2 })), { units: 1 }],
  loss: "meanSquaredError",
};
const { bornDeadNetwork, advice } = forecast(deepAndNarrow);
console.log(`born dead with a chance from ${bornDeadNetwork.low.toFixed(2)} to ${bornDeadNetwork.high.toFixed(2)}`);
console.log(advice[0]);

const wide = { inputs: 1, layers: [{ units: 32 }, { units: 1 }], loss: "meanSquaredError" };
const x = Array.from({ length: 200 }, (_, i) => [i / 100 - 1]);
const { layers, lethalRates } = forecast(wide, x, { targets: x.map(([value]) => Math.abs(value)) });
console.log(`${layers[0].expectedDeadUnits.toFixed(1)} of 32 units start closed`);
console.log(`the first unit closes at a rate of ${lethalRates[0].rate.toFixed(2)}`);

// It prints:
// born dead with a chance from 0.85 to 0.89
// The network is born dead with a chance of 85.5 to 88.9 %: it has 9 hidden relu layers, the narrowest of 2 units. Use wider or fewer layers, leakyRelu, or the "asymmetric" initializer.
// 0.0 of 32 units start closed
// the first unit closes at a rate of 0.18
