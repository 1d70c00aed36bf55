// All cases, for Node and for browsers alike.
import { activationCases } from "./activations.js";
import type { Row } from "./format.js";
import { gemmCases } from "./gemm.js";
import { inferenceCases } from "./inference.js";
import { layerCases } from "./layers.js";
import { lookingCases } from "./looking.js";
import type { Case, Context } from "./measure.js";
import { pieceCases } from "./pieces.js";
import { ratioCases } from "./ratios.js";
import { sparseCases } from "./sparse.js";
import { tableCases } from "./tables.js";
import { trainingCases } from "./training.js";
import { zeroCases } from "./zeros.js";

export type Subject = (context: Context) => Case[];

const SUBJECTS: readonly Subject[] = [
  gemmCases,
  activationCases,
  pieceCases,
  layerCases,
  trainingCases,
  inferenceCases,
  ratioCases,
  sparseCases,
  tableCases,
  lookingCases,
  zeroCases,
];

/** The cases, and those of the host's own subjects, with `filter` in their name. */
export function listCases(context: Context, filter: string, more: readonly Subject[] = []): Case[] {
  const isAsked = ({ name, onDemand }: Case) => name.includes(filter) && (!onDemand || context.all || filter !== "");
  const cases = [...SUBJECTS, ...more].flatMap((subject) => subject(context)).filter(isAsked);
  if (cases.length === 0) throw new Error(`--filter ${filter}: no case has that in its name`);
  return cases;
}

export async function runCase({ name, run }: Case): Promise<Row> {
  return { name, ...(await run()) };
}
