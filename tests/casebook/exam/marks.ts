// Our mark for a program, by what diagnose says of it from each seed.
import type { Program } from "./program.js";
import { causesOf, isNamed, placed, type RivalName, type Run, runAll, type SideName } from "./run-program.js";

/** One program sat, as it is stored: with the published marks, so that the table needs nothing else. */
export interface Mark {
  readonly post: number | string;
  readonly A?: string;
  readonly B?: string;
  readonly isDisputed?: true;
  /** One of the causes is the answer, from every seed. */
  readonly isNamed: boolean;
  /** The causes, kind@layer, by seed. */
  readonly faulty: readonly (readonly string[])[];
  readonly repaired: readonly (readonly string[])[];
  /** Seeds from which the rule raises an alarm. */
  readonly rivals: Readonly<Record<RivalName, Readonly<Record<SideName, number>>>>;
}

/** The mark, and the scores of the mended program, which has to have learned. */
export async function sit(program: Program): Promise<{ readonly mark: Mark; readonly scores: readonly number[] }> {
  const faulty = await runAll(program, "faulty");
  const repaired = await runAll(program, "repaired");
  const causes = (runs: readonly Run[]) => runs.map(({ findings }) => causesOf(findings).map(placed));
  const alarms = (name: RivalName) => ({
    faulty: faulty.filter(({ rivals }) => rivals[name].length > 0).length,
    repaired: repaired.filter(({ rivals }) => rivals[name].length > 0).length,
  });
  const { post, A, B, isDisputed } = program;
  return {
    mark: {
      post,
      ...(A && { A }),
      ...(B && { B }),
      ...(isDisputed && { isDisputed }),
      isNamed: faulty.every(({ findings }) => isNamed(program, findings)),
      faulty: causes(faulty),
      repaired: causes(repaired),
      rivals: { umlaut: alarms("umlaut"), autoTrainer: alarms("autoTrainer") },
    },
    scores: repaired.map(({ score }) => score),
  };
}
