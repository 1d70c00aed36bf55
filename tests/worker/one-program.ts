// One program, written against the API as a parameter: "relumine" and "relumine/worker" differ in the import and in
// `await`, and in nothing else. (Awaiting what is no promise changes nothing, so that one text serves both.)
import type * as direct from "../../src/index.js";
import type * as remote from "../../src/worker.js";
import { sectors } from "../support/samples.js";

/** What of either API the program uses, as the plain one types it. */
type Api = Pick<typeof direct, keyof typeof direct & keyof typeof remote>;

export async function program(api: typeof direct | typeof remote): Promise<object> {
  const { adam, createNetwork, diagnose, prescribe, recordActivity, recycleDormant, sgd, traceDeaths, treat } =
    api as Api;
  const { x, y } = sectors(240);
  const hidden = { units: 16, biasInitializer: -0.2 };
  const spec = { inputs: 2, layers: [hidden, hidden, { units: 3 }], loss: "crossEntropy", seed: 3 } as const;
  const network = await createNetwork(spec, { arithmetic: "reproducible" });

  // Train, and see who dies.
  const trace = traceDeaths({ explain: 2 });
  const activity = recordActivity(x, { samples: 60, everyEpochs: 5 });
  const seen: number[] = [];
  const history = await network.fit(
    { x, y },
    {
      epochs: 20,
      learningRate: 0.9,
      optimizer: sgd(),
      callbacks: [activity, trace, { onEpochEnd: ({ loss }) => void seen.push(loss) }],
    },
  );
  const unexplained = trace.deaths.filter(({ cause }) => cause === "unexplained").length;
  const explained = await trace.explain();
  const diagnosis = await diagnose(network, x, { targets: y });

  // Open what is dead, and train on while dormant units are recycled.
  const treatment = await treat(network, x, { kind: "liftBias", activity: 0.1 });
  const recycling = recycleDormant({ everySteps: 20, dormantBelow: 0.1 });
  const options = { epochs: 10, optimizer: adam({ learningRate: 0.01 }), callbacks: [recycling] };
  await network.fit({ x, y }, options);

  // What would have kept them alive?
  const prescription = await prescribe(spec, { x, y }, { epochs: 8, optimizer: sgd({ learningRate: 0.9 }) }, SHORT);
  const weights = [];
  for (const layer of network.layers) weights.push(await layer.getWeights());
  const metrics = await network.evaluate({ x, y });
  await network.dispose();
  return {
    seen,
    weights,
    metrics,
    losses: history.epochs.map(({ loss, silentUnits }) => ({ loss, silentUnits })),
    deaths: trace.deaths,
    unexplained,
    explained,
    frames: activity.frames,
    recycled: recycling.recycled,
    diagnosis: { ...diagnosis, text: String(diagnosis) },
    treatment: [treatment.outputChange, treatment.treated, treatment.before.dead, treatment.after.dead, `${treatment}`],
    prescription: withoutSeconds(prescription),
  };
}

const SHORT = { trials: 4, repeats: 2, workers: 2, arithmetic: "reproducible" } as const;

/** All but the clock's figures; callbacks and optimizers as data. */
function withoutSeconds(prescription: direct.Prescription): unknown {
  const text = JSON.stringify(prescription, (key, value: unknown) => (key === "seconds" ? undefined : value));
  return { text: String(prescription), ...(JSON.parse(text) as object) };
}
