// One build, measured in a process of its own: tsx compare-child.ts DIST FILTER prints { name: seconds } as JSON.
// Uses public names alone.
import { pathToFileURL } from "node:url";
import { measure, measureRun } from "./measure.js";
import { filled, filler } from "./numbers.js";
import { WORKLOADS, samples, stepsPerRun, type Workload } from "./workloads.js";

type Library = typeof import("../src/index.js");
type KernelLibrary = typeof import("../src/kernels.js");

const LEARNING_RATE = 1e-3;
const PRODUCT_MILLISECONDS = 60;
const TRAINING_MILLISECONDS = 200;
const SIZES = [256, 512];
const FORMS = { NN: {}, NT: { transposeB: true }, TN: { transposeA: true } } as const;

async function step({ createNetwork, sgd }: Library, workload: Workload): Promise<number> {
  const { widths, batch, loss } = workload;
  const [inputs, ...units] = widths;
  const network = await createNetwork({
    inputs: inputs!,
    layers: units.map((count) => ({ units: count })),
    loss,
    seed: 1,
  });
  const steps = stepsPerRun(workload);
  const data = samples(workload, batch * steps);
  const optimizer = sgd({ learningRate: LEARNING_RATE });
  const { seconds } = await measureRun(
    () => network.fit(data, { epochs: 1, batchSize: batch, shuffle: false, optimizer }),
    steps,
    { milliseconds: TRAINING_MILLISECONDS },
  );
  network.dispose();
  return seconds;
}

async function product({ createKernels }: KernelLibrary, form: keyof typeof FORMS, size: number): Promise<number> {
  const kernels = await createKernels();
  const [a, b, out] = Array.from({ length: 3 }, () => kernels.allocate(size, size));
  const next = filler(2);
  for (const { data } of [a!, b!]) data.set(filled(size * size, next));
  const { seconds } = await measure(() => kernels.matmul(out!, a!, b!, FORMS[form]), {
    milliseconds: PRODUCT_MILLISECONDS,
  });
  kernels.dispose();
  return seconds;
}

const [dist, filter] = process.argv.slice(2) as [string, string];
const load = (file: string) => import(pathToFileURL(`${dist}/${file}`).href) as Promise<unknown>;
const library = (await load("index.js")) as Library;
const kernelLibrary = (await load("kernels.js")) as KernelLibrary;
const cases: readonly (readonly [string, () => Promise<number>])[] = [
  ...SIZES.flatMap((size) =>
    (["NN", "NT", "TN"] as const).map(
      (form) => [`gemm ${form} ${size}`, () => product(kernelLibrary, form, size)] as const,
    ),
  ),
  ...WORKLOADS.filter(({ name }) => name !== "W5").map(
    (workload) => [`step ${workload.name}`, () => step(library, workload)] as const,
  ),
];
const seconds: Record<string, number> = {};
for (const [name, run] of cases) if (name.includes(filter)) seconds[name] = await run();
process.stdout.write(JSON.stringify(seconds));
