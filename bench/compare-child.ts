// Two builds, measured by turns in one process: tsx compare-child.ts FIRST SECOND FILTER prints, for each row, what a
// call of the first and of the second took in each turn, { name: [seconds, seconds][] }, as JSON. Uses public names
// alone.
import { pathToFileURL } from "node:url";
import { callsPerSample, times } from "./measure.js";
import { filled, filler } from "./numbers.js";
import { byTurns } from "./turns.js";
import { WORKLOADS, samples, stepsPerRun, type Workload } from "./workloads.js";

type Library = typeof import("../src/index.js");
type KernelLibrary = typeof import("../src/kernels.js");

interface Build {
  readonly library: Library;
  readonly kernels: KernelLibrary;
}

/** What a turn runs, of so many calls; `release` at the end. */
interface Subject {
  readonly calls: number;
  run(): unknown;
  release(): void;
}

const LEARNING_RATE = 1e-3;
/** Of a turn. A neighbour's burst lasts longer than a turn, so that it hits both. */
const SHARE_OF_RUN = 0.3;
const PRODUCT_SECONDS = 5e-3;
const ROW_MILLISECONDS = 2000;
const SIZES = [256, 512];
const FORMS = { NN: {}, NT: { transposeB: true }, TN: { transposeA: true } } as const;

async function step({ library: { createNetwork, sgd } }: Build, workload: Workload): Promise<Subject> {
  const { widths, batch, loss } = workload;
  const [inputs, ...units] = widths;
  const layers = units.map((count) => ({ units: count }));
  const network = await createNetwork({ inputs: inputs!, layers, loss, seed: 1 });
  const steps = Math.max(1, Math.round(SHARE_OF_RUN * stepsPerRun(workload)));
  const data = samples(workload, batch * steps);
  const optimizer = sgd({ learningRate: LEARNING_RATE });
  const run = () => network.fit(data, { epochs: 1, batchSize: batch, shuffle: false, optimizer });
  return { calls: steps, run, release: () => network.dispose() };
}

async function product(
  { kernels: { createKernels } }: Build,
  form: keyof typeof FORMS,
  size: number,
): Promise<Subject> {
  const kernels = await createKernels();
  const [a, b, out] = Array.from({ length: 3 }, () => kernels.allocate(size, size));
  const next = filler(2);
  for (const { data } of [a!, b!]) data.set(filled(size * size, next));
  const multiply = () => kernels.matmul(out!, a!, b!, FORMS[form]);
  const calls = await callsPerSample(multiply, PRODUCT_SECONDS);
  return { calls, run: times(multiply, calls), release: () => kernels.dispose() };
}

const [first, second, filter] = process.argv.slice(2) as [string, string, string];
const load = (dist: string, file: string) => import(pathToFileURL(`${dist}/${file}`).href) as Promise<unknown>;
const builds: Build[] = [];
for (const dist of [first, second])
  builds.push({
    library: (await load(dist, "index.js")) as Library,
    kernels: (await load(dist, "kernels.js")) as KernelLibrary,
  });
const rows: readonly (readonly [string, (build: Build) => Promise<Subject>])[] = [
  ...SIZES.flatMap((size) =>
    (["NN", "NT", "TN"] as const).map(
      (form) => [`gemm ${form} ${size}`, (build: Build) => product(build, form, size)] as const,
    ),
  ),
  ...WORKLOADS.map((workload) => [`step ${workload.name}`, (build: Build) => step(build, workload)] as const),
];
const turns: Record<string, number[][]> = {};
for (const [name, subject] of rows) {
  if (!name.includes(filter)) continue;
  const subjects = await Promise.all(builds.map(subject));
  const runs = subjects.map(({ run }) => run);
  const seconds = await byTurns(runs, ROW_MILLISECONDS);
  turns[name] = seconds.map((turn) => turn.map((each, i) => each / subjects[i]!.calls));
  for (const { release } of subjects) release();
}
process.stdout.write(JSON.stringify(turns));
