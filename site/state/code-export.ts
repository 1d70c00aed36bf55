// The network on the page as a program that uses the package, with the data where they are built in.
import { roundTo } from "../../src/text/numbers.js";
import type { LearningTask } from "../engine/types.js";
import type { Recipe } from "./recipe.js";

/** Nine digits give a float32 back. */
const short = (value: number) => String(roundTo(value, 9));

function dataLines({ data, head }: Recipe, { train }: LearningTask): string[] {
  if (data === "digits" || data === "csv") {
    return [
      `// ${train.x.rows} rows of ${train.x.columns} numbers: put your own here.`,
      "const x = [/* one array a row */];",
      "const y = [/* one class or number a row */];",
    ];
  }
  const rows = Array.from(
    { length: train.x.rows },
    (_, row) => `[${short(train.x.data[row * 2])}, ${short(train.x.data[row * 2 + 1])}]`,
  );
  const targets = Array.from(train.y, (value) => (head === "softmax" ? "0" : short(value)));
  return [`const x = [${rows.join(", ")}];`, `const y = [${targets.join(", ")}];`];
}

function layerLines({ layers, activation, bias, head }: Recipe, { outputs }: LearningTask): string[] {
  const options = `activation: "${activation}"${bias === 0 ? "" : `, biasInitializer: ${bias}`}`;
  const hidden = layers.map((units) => `    { units: ${units}, ${options} },`);
  return [...hidden, `    { units: ${head === "softmax" ? 1 : outputs} },`];
}

const OPTIMIZERS = {
  sgd: (rate: number) => ["sgd", `sgd({ learningRate: ${rate} })`],
  momentum: (rate: number) => ["sgd", `sgd({ learningRate: ${rate}, momentum: 0.9 })`],
  adam: (rate: number) => ["adam", `adam({ learningRate: ${rate} })`],
  rmsprop: (rate: number) => ["rmsprop", `rmsprop({ learningRate: ${rate} })`],
} as const;

/** The textbook's unit starts from weights of its own. */
function startLines({ data, layers }: Recipe): string[] {
  if (data !== "textbook" || layers.length !== 1 || layers[0] !== 1) return [];
  return [
    "network.layers[0].setWeights({ kernel: Float32Array.of(0.06, 0.03), bias: Float32Array.of(0.1) });",
    "network.layers[1].setWeights({ kernel: Float32Array.of(1), bias: Float32Array.of(0) });",
  ];
}

/** @param epochs as many as the page has trained so far */
export function codeFor(recipe: Recipe, task: LearningTask, epochs: number): string {
  const [factory, optimizer] = OPTIMIZERS[recipe.optimizer](recipe.rate);
  const options = [
    `epochs: ${Math.max(1, epochs)}`,
    `batchSize: ${recipe.batch}`,
    `optimizer: ${optimizer}`,
    "callbacks: [trace]",
  ];
  return [
    `import { createNetwork, diagnose, ${factory}, traceDeaths } from "relumine";`,
    "",
    ...dataLines(recipe, task),
    "",
    "const network = await createNetwork({",
    `  inputs: ${task.features.length},`,
    "  layers: [",
    ...layerLines(recipe, task),
    "  ],",
    `  loss: "${recipe.head === "softmax" ? "crossEntropy" : task.loss}",`,
    `  seed: ${recipe.seed},`,
    `}, { arithmetic: "reproducible" });`,
    ...startLines(recipe),
    "",
    "const trace = traceDeaths();",
    `await network.fit({ x, y }, { ${options.join(", ")} });`,
    "for (const { explanation } of trace.deaths) console.log(explanation);",
    "console.log(String(diagnose(network, x, { targets: y })));",
    "",
  ].join("\n");
}
