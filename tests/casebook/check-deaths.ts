// Runs one training and lists whatever is wrong: the trace against the book, and both against the float64 replay.
import type { DeathCase } from "./deaths.js";
import { Replay, type TrueDeath } from "./replay.js";
import { withCase } from "./check.js";
import { type Death, type DeathTrace, traceDeaths } from "../../src/index.js";
import { toOptimizer, toReference } from "../support/networks.js";

type Named = Pick<TrueDeath, "layer" | "unit" | "step" | "cause">;
const key = ({ layer, unit, step, cause }: Named) => `layer ${layer} unit ${unit} at step ${step}: ${cause}`;
const list = (deaths: readonly Named[]) => deaths.map(key).join("; ") || "no deaths";

/** A last straw by its own cause. */
const straws = (deaths: readonly Death[]) => deaths.map((death) => ({ ...death, cause: death.lastStraw.cause }));

const blowKey = (
  blow: { readonly step: number; readonly lastStep?: number; readonly cause: string } | null | undefined,
) => (blow ? `${blow.step} to ${blow.lastStep ?? blow.step}: ${blow.cause}` : "none");

/** What the book says of a death's blow: none, where it says nothing it is the last straw. */
function expectedBlow({ step, cause, blow }: DeathCase["expected"]["deaths"][number]): string {
  if (blow !== undefined) return blowKey(blow);
  return blowKey(cause === "born" || cause === "drift" ? undefined : { step, cause });
}

const isNear = (a: number, b: number, tolerance: number) => Math.abs(a - b) <= tolerance;

function checkFigures(said: Death, truth: TrueDeath): string[] {
  const wrong: string[] = [];
  const note = (isRight: boolean, what: string, wanted: unknown, found: unknown) => {
    if (!isRight) wrong.push(`${key(truth)}: ${what} is ${String(found)}, float64 says ${String(wanted)}`);
  };
  for (const moment of ["before", "after"] as const) {
    for (const figure of ["max", "mean"] as const)
      note(
        isNear(said[moment][figure], truth[moment][figure], 1e-4 * Math.max(1, Math.abs(truth[moment][figure]))),
        `${moment}.${figure}`,
        truth[moment][figure],
        said[moment][figure],
      );
  }
  const { weights, bias, inputs } = said.change;
  const fall = truth.after.mean - truth.before.mean;
  note(
    isNear(weights + bias + inputs, fall, 0.01 * Math.abs(fall)),
    "the sum of the parts",
    fall,
    weights + bias + inputs,
  );
  note(said.epoch === truth.epoch, "epoch", truth.epoch, said.epoch);
  const rates = [said.survivesAt ?? -1, truth.survivesAt ?? -1];
  note(isNear(rates[0], rates[1], 0.02 * Math.abs(rates[1])), "survivesAt", truth.survivesAt, said.survivesAt);
  note(said.step === said.lastStraw.step, "lastStraw.step", said.step, said.lastStraw.step);
  note(
    isSame(said.survivesAt, said.lastStraw.survivesAt),
    "the rate beside lastStraw",
    said.lastStraw.survivesAt,
    said.survivesAt,
  );
  note(said.explanation.length > 20, "explanation", "a sentence", said.explanation);
  return [...wrong, ...checkBlow(said, truth)];
}

const isSame = (a: number | undefined, b: number | undefined) => a === b;

function checkBlow({ blow, cause, lastStraw }: Death, truth: TrueDeath): string[] {
  const wrong = (what: string, wanted: unknown, found: unknown) =>
    `${key(truth)}: ${what} is ${String(found)}, float64 says ${String(wanted)}`;
  if (blowKey(blow) !== blowKey(truth.blow)) return [wrong("the blow", blowKey(truth.blow), blowKey(blow))];
  const tookLittle = ["learningRate", "momentum"].includes(lastStraw.cause) && lastStraw.closedBy === undefined;
  const wanted = blow?.cause ?? (tookLittle ? "drift" : lastStraw.cause);
  if (cause !== wanted) return [wrong("the cause", wanted, cause)];
  if (!blow || !truth.blow) return [];
  const figures = [
    ["openBefore", truth.blow.openBefore, blow.openBefore, 1e-6],
    ["openAfter", truth.blow.openAfter, blow.openAfter, 1e-6],
    ["blow.survivesAt", truth.blow.survivesAt ?? -1, blow.survivesAt ?? -1, 0.02 * (truth.blow.survivesAt ?? 1)],
  ] as const;
  return figures.flatMap(([what, real, said, tolerance]) =>
    isNear(real, said, tolerance) ? [] : [wrong(what, real, said)],
  );
}

/** The trace against what the replay found. */
export function checkTrace(
  { expected }: DeathCase,
  trace: Pick<DeathTrace, "deaths" | "revivals">,
  truth: readonly TrueDeath[],
): string[] {
  const wrong: string[] = [];
  const said = list(straws(trace.deaths));
  if (said !== list(expected.deaths)) wrong.push(`expected ${list(expected.deaths)}, got ${said}`);
  for (const [layer, unit] of expected.closedForAWhile ?? []) {
    if (!trace.revivals.some((each) => each.layer === layer && each.unit === unit))
      wrong.push(`layer ${layer} unit ${unit} came back unnoticed`);
  }
  if (trace.revivals.length !== (expected.closedForAWhile ?? []).length)
    wrong.push(`${trace.revivals.length} units are said to have come back`);
  const pairs = trace.deaths.length === truth.length ? trace.deaths.map((death, i) => [death, truth[i]] as const) : [];
  return [...wrong, ...pairs.flatMap(([said, real]) => checkFigures(said, real))];
}

/** Trains the case's network under a trace; the float64 replay of the same training beside it. */
export function runDeathCase(one: DeathCase): Promise<{ trace: DeathTrace; replay: Replay }> {
  return withCase(one, async (network) => {
    const { optimizer, batchSize, epochs, window } = one.training;
    const replay = new Replay(
      toReference(network),
      one.x.map((row) => row.map(Math.fround)),
      one.targets.map(Math.fround),
      one.loss ?? "meanSquaredError",
      one.training,
    );
    const trace = traceDeaths(window === undefined ? {} : { window });
    await network.fit(
      { x: one.x, y: one.targets },
      { optimizer: toOptimizer(optimizer), batchSize, epochs, shuffle: false, callbacks: [trace] },
    );
    return { trace, replay };
  });
}

/** The book against the float64 replay. */
export function checkReplay({ expected }: DeathCase, replay: Replay): string[] {
  const truth = replay.deaths();
  const wrong =
    list(truth) === list(expected.deaths)
      ? []
      : [`book: expected ${list(expected.deaths)}, float64 says ${list(truth)}`];
  const restless = (expected.closedForAWhile ?? []).filter(([layer, unit]) => !replay.wasClosed(layer, unit));
  const blows = (of: readonly string[]) => of.join("; ");
  const [expectedBlows, trueBlows] = [
    blows(expected.deaths.map(expectedBlow)),
    blows(truth.map(({ blow }) => blowKey(blow))),
  ];
  if (truth.length === expected.deaths.length && expectedBlows !== trueBlows)
    wrong.push(`book: expected the blows ${expectedBlows}, float64 says ${trueBlows}`);
  return [...wrong, ...restless.map(([layer, unit]) => `book: layer ${layer} unit ${unit} is never closed in float64`)];
}

/** All that is wrong with a training's case; nothing, if all is well. */
export async function checkDeathCase(one: DeathCase): Promise<string[]> {
  const { trace, replay } = await runDeathCase(one);
  return [...checkReplay(one, replay), ...checkTrace(one, trace, replay.deaths())];
}
