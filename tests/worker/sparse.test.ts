// Sparse rows cross to a worker as they are, and give there what they give here.
import { expect, it } from "vitest";
import * as direct from "../../src/index.js";
import * as remote from "../../src/worker.js";
import { expectError } from "../support/errors.js";
import { drawSparse, withZeros } from "../support/sparse.js";

type Api = Pick<typeof direct, keyof typeof direct & keyof typeof remote>;

const x = drawSparse(90, 30, 0.3, 3);
const y = Array.from({ length: 90 }, (_, r) => (r * 7) % 3);
const SPEC = { inputs: 30, layers: [{ units: 16 }, { units: 3 }], loss: "crossEntropy", seed: 3 } as const;

async function run(api: typeof direct | typeof remote, samples: direct.Samples): Promise<object> {
  const { createNetwork, sgd, traceDeaths, recordActivity, diagnose, treat, calibrate, forecast, prove } = api as Api;
  const network = await createNetwork(SPEC, { arithmetic: "reproducible" });
  const [trace, activity] = [traceDeaths(), recordActivity(samples, { samples: 10 })];
  const validation = { x: drawSparse(20, 30, 0.3, 4), y: y.slice(0, 20) };
  await calibrate(network, samples);
  const options = { epochs: 6, optimizer: sgd({ learningRate: 4 }), callbacks: [trace, activity], validation };
  await network.fit({ x: samples, y }, options);
  const found = await diagnose(network, samples, { targets: y });
  const proof = await prove(network, samples, { threads: 1 });
  const treatment = await treat(network, samples, { kind: "liftBias" });
  const result = {
    deaths: trace.deaths,
    frames: activity.frames,
    diagnosis: `${found}`,
    proof: proof.units,
    treatment: `${treatment}`,
    metrics: await network.evaluate({ x: samples, y }),
    outputs: (await network.predict(samples)).data,
    forecast: `${await forecast(SPEC, samples, { targets: y })}`,
  };
  await network.dispose();
  return result;
}

it("gives the same here, there, and with the zeros", async () => {
  const here = await run(direct, x);
  expect(await run(remote, x)).toEqual(here);
  expect(await run(remote, withZeros(x))).toEqual(here);
});

it("tries remedies on them, in workers too", async () => {
  const fit = { epochs: 5, optimizer: direct.sgd({ learningRate: 4 }) };
  const options = { trials: 3, repeats: 2, workers: 2, arithmetic: "reproducible" } as const;
  const namesOf = ({ trials }: direct.Prescription) => trials.map(({ name, metrics }) => ({ name, metrics }));
  const wanted = namesOf(await direct.prescribe(SPEC, { x: withZeros(x), y }, fit, options));
  expect(namesOf(await direct.prescribe(SPEC, { x, y }, fit, options))).toEqual(wanted);
  const there = await remote.prescribe(SPEC, { x, y }, { ...fit, optimizer: remote.sgd({ learningRate: 4 }) }, options);
  expect(namesOf(there)).toEqual(wanted);
});

it("refuses entries that are wrong before they are sent", async () => {
  const network = await remote.createNetwork(SPEC);
  const wrong = { ...x, columnIndices: Uint32Array.from(x.columnIndices, () => 99) };
  await expectError(network.predict(wrong), "value", "x.columnIndices[0]");
  await network.dispose();
});
