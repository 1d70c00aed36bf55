// What the figure "One unit" says, from what its engine found.
import type { FirstStep, UnitActivation, UnitLook } from "./types.js";
import { formatCount, formatNumber, formatSigned, listWords, typeset } from "../../../src/text/numbers.js";

export const NAMES: Readonly<Record<UnitActivation, string>> = { relu: "ReLU", sigmoid: "Sigmoid", tanh: "tanh" };

const openSamples = ({ z }: UnitLook): number => z.filter((value) => value > 0).length;
export const isClosed = (look: UnitLook): boolean => openSamples(look) === 0;
const number = (value: number) => formatNumber(value, 3);
const from = (a: number, b: number) => `${number(a)} \u2192 ${number(b)}`;

function openness(look: UnitLook): string {
  const open = openSamples(look);
  if (open === look.z.length) return "z is above 0 on every sample: the unit is open";
  if (open === 0) return "z is below 0 on every sample: the unit is closed";
  return `z is above 0 on ${formatCount(open)} of ${formatCount(look.z.length)} samples`;
}

export function beforeStep({ before }: FirstStep, rate: number): string {
  if (isClosed(before)) return typeset(`${openness(before)}. Its slope is 0 there, and a step moves it by 0.`);
  const move = -rate * before.gradient.bias;
  return typeset(
    `${openness(before)}. The loss's gradient by its bias is ${number(before.gradient.bias)}, so one step at a rate of ` +
      `${number(rate)} moves the bias by ${formatSigned(move, 3)}.`,
  );
}

/** Why the loss can fall in the step that closes the unit. */
function lossAfter({ before, after }: FirstStep): string {
  const bias = from(before.weights.outputBias, after.weights.outputBias);
  if (after.loss < before.loss)
    return `The loss fell, ${from(before.loss, after.loss)}, so nothing looks wrong: the output's own bias learned, ${bias}.`;
  return `The loss rose, ${from(before.loss, after.loss)}: the output's own bias went too far as well, ${bias}.`;
}

export function afterStep(step: FirstStep): string {
  const { before, after } = step;
  if (!isClosed(after)) return typeset(`${openness(after)}. The gradient still reaches it: it goes on learning.`);
  if (isClosed(before)) return typeset(`Nothing moved but the output's own bias. ${lossAfter(step)}`);
  return typeset(`Closed on every sample. ${lossAfter(step)}`);
}

/** @param units as after the first step, and now */
export function afterTraining(
  names: readonly UnitActivation[],
  first: readonly FirstStep[],
  now: readonly UnitLook[],
): string {
  const steps = `${formatCount(now[0].steps - 1)} more steps.`;
  const moved = (index: number) => now[index].weights.bias !== first[index].after.weights.bias;
  const still = names.filter((_, index) => !moved(index)).map((name) => NAMES[name]);
  const losses = names.map((name, index) => `${NAMES[name]} ${number(now[index].loss)}`);
  const stays = still.length > 0 ? ` ${listWords(still)} has not moved at all, the others have.` : "";
  return typeset(`${steps}${stays} Loss: ${losses.join(", ")}.`);
}

export function reading({ slope, loss }: UnitLook): string {
  return typeset(`slope here ${number(slope)}, loss ${number(loss)}`);
}
