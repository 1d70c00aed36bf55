// What the figure "One unit" says, from what its engine found.
import { type FirstStep, ORDINARY_RATE, UNIT_ACTIVATIONS, type UnitActivation, type UnitLook } from "./types.js";
import { slope as slopeAt } from "../../../src/activations/analysis.js";
import { formatCount, formatNumber, formatSigned, typeset } from "../../../src/text/numbers.js";

export const NAMES: Readonly<Record<UnitActivation, string>> = { relu: "ReLU", sigmoid: "Sigmoid", tanh: "tanh" };

/** Of an activation's steepest slope; below it a unit counts as saturated. */
const SATURATED = 0.1;

const openSamples = ({ z }: UnitLook): number => z.filter((value) => value > 0).length;
export const isClosed = (look: UnitLook): boolean => openSamples(look) === 0;
const number = (value: number) => formatNumber(value, 3);
const from = (a: number, b: number) => `${number(a)} \u2192 ${number(b)}`;

function openness(look: UnitLook): string {
  const [open, all] = [openSamples(look), look.z.length];
  if (open === all) return `all above 0: the unit is open`;
  if (open === 0) return `none above 0: the unit is closed`;
  return `${formatCount(open)} of them above 0`;
}

export function beforeStep({ before }: FirstStep, rate: number): string {
  const hump = `The hump is the unit's z on ${formatCount(before.z.length)} samples, ${openness(before)}.`;
  if (isClosed(before)) return typeset(`${hump} Its slope is 0 on all of them: a step moves the unit by nothing.`);
  return typeset(
    `${hump} The gradient by its bias is ${number(before.gradient.bias)}: one step at a rate of ${number(rate)} moves it ` +
      `by ${formatSigned(-rate * before.gradient.bias, 3)}.`,
  );
}

/** Why the loss can fall in the step that closes the unit. */
function lossAfter({ before, after }: FirstStep): string {
  const [loss, bias] = [from(before.loss, after.loss), from(before.weights.outputBias, after.weights.outputBias)];
  if (after.loss < before.loss)
    return `The loss fell all the same, ${loss}, and so nothing looks wrong: the output's own bias has learned, ${bias}.`;
  return `The loss rose, ${loss}: the output's own bias went too far as well, ${bias}.`;
}

export function afterStep(step: FirstStep): string {
  const { before, after } = step;
  if (isClosed(before)) return typeset(`The unit has not moved; the output's own bias has. ${lossAfter(step)}`);
  if (isClosed(after)) return typeset(`Closed on every sample, permanently. ${lossAfter(step)}`);
  return typeset(`z now: ${openness(after)}. Gradients still reach the unit, and it goes on learning.`);
}

function fate(name: UnitActivation, after: UnitLook, now: UnitLook): string {
  const loss = `loss ${formatNumber(now.loss, 2)}`;
  if (now.slope === 0) return `${NAMES[name]} has not moved at all: ${loss}`;
  const steepest = slopeAt(name, 1e-9, 0);
  if (now.slope < SATURATED * steepest) return `${NAMES[name]} is saturated and creeps back: ${loss}`;
  return after.slope < SATURATED * steepest
    ? `${NAMES[name]} has come back: ${loss}`
    : `${NAMES[name]} learns: ${loss}`;
}

/** @param first what the large step did, in the order of UNIT_ACTIVATIONS, as `now` is */
export function afterTraining(first: readonly FirstStep[], now: readonly UnitLook[]): string {
  const fates = UNIT_ACTIVATIONS.map((name, index) => fate(name, first[index].after, now[index]));
  const steps = `${formatCount(now[0].steps - 1)} ordinary steps on, at a rate of ${formatNumber(ORDINARY_RATE)}.`;
  return typeset(`${steps} ${fates.join(". ")}.`);
}

export const slopeWords = ({ slope }: UnitLook): string => `slope ${formatNumber(slope, 2)}`;
export const lossWords = ({ loss }: UnitLook): string => `loss ${formatNumber(loss, 2)}`;
