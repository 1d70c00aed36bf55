// A network learns a curve of one input, with an activation or without; beside it stands the straight line of least
// squares.
import { type Choice, type Course, type Look, PLACES, type Samples, SHOWN_AT } from "./messages.js";
import { mean } from "../../../src/core/statistics.js";
import { createNetwork } from "../../../src/network/network.js";
import { adam } from "../../../src/network/training/optimizers.js";
import { randomFrom } from "../../tasks/random.js";

const SAMPLES = 60;
const WIDTH = 16;
const RATE = 0.01;
const NOISE = 0.05;

export function drawSamples(): Samples {
  const random = randomFrom(5);
  const x = Float32Array.from({ length: SAMPLES }, (_, i) => (2 * i) / (SAMPLES - 1) - 1);
  const y = x.map((at) => Math.sin(4 * at) * 0.7 + 0.4 * at + NOISE * random.normal());
  return { x, y };
}

/** In float64, by the normal equations. */
export function leastSquares({ x, y }: Samples): Course["line"] {
  const [xs, ys] = [Array.from(x), Array.from(y)];
  const [atX, atY] = [mean(xs), mean(ys)];
  const slope = mean(xs.map((value, i) => (value - atX) * (ys[i] - atY))) / mean(xs.map((value) => (value - atX) ** 2));
  const at = (value: number) => atY + slope * (value - atX);
  return { ends: [at(-1), at(1)], loss: mean(xs.map((value, i) => (at(value) - ys[i]) ** 2)) };
}

const column = (data: Float32Array) => ({ rows: data.length, columns: 1, data });

export async function trainCurve(choice: Choice): Promise<Course> {
  const { activation, layers } = choice;
  const samples = drawSamples();
  using network = await createNetwork(
    {
      inputs: 1,
      layers: [...Array.from({ length: layers }, () => ({ units: WIDTH, activation })), { units: 1 }],
      loss: "meanSquaredError",
      seed: 3,
    },
    { arithmetic: "reproducible" },
  );
  const data = { x: column(samples.x), y: samples.y };
  const places = column(Float32Array.from({ length: PLACES }, (_, i) => (2 * i) / (PLACES - 1) - 1));
  const looks: Look[] = [];
  const look = (steps: number): void => {
    looks.push({ steps, curve: network.predict(places).data, loss: network.evaluate(data).loss });
  };
  look(0);
  await network.fit(data, {
    epochs: SHOWN_AT.at(-1)!,
    batchSize: SAMPLES,
    shuffle: false,
    optimizer: adam({ learningRate: RATE }),
    callbacks: [
      {
        onBatchEnd: ({ step }) => {
          if (SHOWN_AT.includes(step)) look(step);
        },
      },
    ],
  });
  return { kind: "course", ...choice, samples, looks, line: leastSquares(samples) };
}
