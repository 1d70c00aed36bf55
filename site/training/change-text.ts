// A change as a part of a link: its step, what it is, the unit (layers, units and inputs counted from 1), its value.
import { type Change, CHANGE_NAMES, type ChangeName, isCure, isEdit, isSetting } from "./changes.js";
import type { LiveName } from "./recipe.js";

/** Layers, units and inputs that a link may name. */
const MOST_PLACE = 100_000;
const MOST_WEIGHT = 1e9;

/** `2-3` or, with an input, `2-3-1` */
function readPlace(text: string | undefined, parts: number): number[] | undefined {
  if (text === undefined || !/^[1-9]\d*(-[1-9]\d*)*$/.test(text)) return undefined;
  const places = text.split("-").map((each) => Number(each) - 1);
  return places.length === parts && places.every((place) => place < MOST_PLACE) ? places : undefined;
}

function readWeight(text: string | undefined): number | undefined {
  const value = Number(text);
  return text && Math.abs(value) <= MOST_WEIGHT ? value : undefined;
}

/**
 * `855:liftBias`, `855:liftBias:2-3`, `855:rate:0.3`, `855:setBias:2-3:0.25`, `855:setWeight:2-3-1:-0.5`
 * @param readStep of the text before the first colon
 * @param readSetting a setting's value, undefined where it can't be
 */
export function readChange(
  text: string,
  readStep: (text: string) => number | undefined,
  readSetting: (name: LiveName, text: string) => number | undefined,
): Change | undefined {
  const [stepText, what, ...rest] = text.split(":");
  const step = readStep(stepText);
  if (step === undefined || !(CHANGE_NAMES as readonly string[]).includes(what)) return undefined;
  const name = what as ChangeName;
  if (isSetting(name)) {
    const value = readSetting(name, rest[0] ?? "");
    return value === undefined || rest.length > 1 ? undefined : { step, what: name, value };
  }
  if (isEdit(name)) {
    const place = readPlace(rest[0], name === "setWeight" ? 3 : 2);
    const value = readWeight(rest[1]);
    if (!place || value === undefined || rest.length !== 2) return undefined;
    const [layer, unit, input] = place;
    return { step, what: name, value, unit: { layer, unit }, ...(input !== undefined && { input }) };
  }
  if (rest.length === 0) return { step, what: name };
  const place = isCure(name) && name !== "leakyRelu" && rest.length === 1 ? readPlace(rest[0], 2) : undefined;
  return place && { step, what: name, unit: { layer: place[0], unit: place[1] } };
}

export function changeText({ step, what, unit, input, value }: Change): string {
  const places = unit && [unit.layer, unit.unit, ...(input === undefined ? [] : [input])].map((place) => place + 1);
  return [step, what, places?.join("-"), value].filter((part) => part !== undefined).join(":");
}
