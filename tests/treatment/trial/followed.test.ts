// A trial that is followed tells what fit tells, to the bit, of trainings that diverge too.
import { expect, test } from "vitest";
import { createNetwork, sgd } from "../../../src/index.js";
import { countDead } from "../../../src/inspect/dead-units.js";
import type { DataSet } from "../../../src/network/data.js";
import type { NetworkSpec, ResolvedSpec } from "../../../src/network/spec.js";
import { runJob } from "../../../src/treatment/trial/run-trial.js";
import { planWithJudges, setUpTrials } from "../../../src/treatment/trial/set-up.js";
import { sectors } from "../../support/samples.js";

const spec: NetworkSpec = { inputs: 2, layers: [{ units: 12 }, { units: 3 }], loss: "crossEntropy", seed: 3 };
const withoutTimes = (value: unknown): unknown =>
  JSON.parse(JSON.stringify(value, (key, each: unknown) => (key === "seconds" ? undefined : each)));

async function follow(training: DataSet, validation: DataSet, learningRate: number) {
  using network = await createNetwork(spec);
  const setup = setUpTrials(
    network,
    planWithJudges(network, training, { validation }),
    {},
    {
      callbacks: [],
      arithmetic: "fast",
    },
  );
  const { name, options } = sgd({ learningRate });
  const settings = {
    spec: network.spec as ResolvedSpec,
    optimizer: { name, options },
    batchSize: 16,
    shuffle: true,
    callbacks: [],
  };
  const job = { settings, seed: 3, epochs: 5 };
  return { plain: await runJob(setup, job), followed: await runJob(setup, { ...job, isFollowed: true }) };
}

test.each([0.3, 4, 1e30])("at rate %d", async (learningRate) => {
  const [training, validation] = [sectors(120), sectors(50)];
  using network = await createNetwork(spec);
  const optimizer = sgd({ learningRate });
  const { epochs, stopped } = await network.fit(training, { epochs: 5, batchSize: 16, optimizer, validation });
  const { plain, followed } = await follow(training, validation, learningRate);
  const { course, ...rest } = followed;
  const { loss, accuracy } = network.evaluate(validation);
  const { layers } = countDead(network, training.x);
  expect(withoutTimes(course)).toEqual(
    withoutTimes({ epochs, ...(stopped && { stopped }), evaluation: { loss, accuracy }, layers }),
  );
  expect(withoutTimes(rest)).toEqual(withoutTimes(plain)); // being followed changes nothing else
  expect(learningRate === 1e30).toBe(stopped === "diverged");
});
