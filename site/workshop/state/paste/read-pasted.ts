// A network of the reader's, pasted as a few words (`64-32-10 adam 0.01`) or as the lines of a program for PyTorch,
// Keras or scikit-learn that make it: what of it the page has becomes a recipe.
import {
  hasResidual,
  MOST_DROPOUT,
  MOST_LAYERS,
  MOST_PENALTY,
  MOST_SCHEDULE_EPOCHS,
  MOST_UNITS,
  type Recipe,
} from "../../../training/recipe.js";
import { ACTIVATION_TEXTS, OPTIMIZER_TEXTS, SCHEDULE_TEXTS, START_TEXTS } from "../setting-names.js";
import { readSnippet } from "./read-snippet.js";
import { readWords } from "./read-words.js";
import { type Reading, refusePaste } from "./vocabulary.js";

const LONGEST = 100_000;

export interface Pasted {
  readonly recipe: Recipe;
  /** What was read, in words. */
  readonly told: string;
}

/** Of the data on the page. */
export interface DataShape {
  readonly inputs: number;
  readonly outputs: number;
}

/** Without the inputs and outputs of the data on the page. */
function hiddenOf({ sizes, areHidden }: Reading, { inputs, outputs }: DataShape): { layers: number[]; told: string } {
  const layers = [...sizes];
  if (areHidden || layers.length < 2 || layers.at(-1) !== outputs) return { layers, told: "" };
  layers.pop();
  const told = `the last, ${outputs}, taken for the outputs`;
  if (layers.length < 2 || layers[0] !== inputs) return { layers, told };
  layers.shift();
  return { layers, told: `the first, ${inputs}, taken for the inputs, ${told}` };
}

function check(isGood: boolean, expected: string, given: unknown, hint?: string): void {
  if (!isGood) refusePaste(expected, String(given), hint);
}

const isWithin = (value: number | undefined, low: number, high: number, isWhole = false) =>
  value === undefined || (value >= low && value <= high && (!isWhole || Number.isInteger(value)));

function checkReading(layers: readonly number[], { rate, batch, decay, clip, bias, seed, ...more }: Reading): void {
  const smaller = "The page draws every unit; what units do is the same in a smaller network of the same depth.";
  const wrong = layers.find((units) => !isWithin(units, 1, MOST_UNITS, true));
  check(layers.length <= MOST_LAYERS, `to have at most ${MOST_LAYERS} hidden layers`, layers.length, smaller);
  check(wrong === undefined, `to have layers of 1 to ${MOST_UNITS} units`, wrong, smaller);
  check(isWithin(rate, 1e-6, 100), "to have a rate from 0.000001 to 100", rate);
  check(isWithin(batch, 1, 1024, true), "to have a batch of 1 to 1024", batch);
  check(isWithin(decay, 0, 10), "to have a weight decay from 0 to 10", decay);
  check(isWithin(clip, 0, 1e6), "to have a clip norm from 0 to 1000000", clip);
  check(isWithin(bias, -10, 10), "to have a starting bias from -10 to 10", bias);
  check(isWithin(more.dropout, 0, MOST_DROPOUT), `to have a dropout from 0 to ${MOST_DROPOUT}`, more.dropout);
  check(isWithin(more.l1, 0, MOST_PENALTY), `to have an L1 penalty from 0 to ${MOST_PENALTY}`, more.l1);
  check(isWithin(more.l2, 0, MOST_PENALTY), `to have an L2 penalty from 0 to ${MOST_PENALTY}`, more.l2);
  const length = isWithin(more.scheduleEpochs, 1, MOST_SCHEDULE_EPOCHS, true);
  check(length, `to have a schedule of 1 to ${MOST_SCHEDULE_EPOCHS} epochs`, more.scheduleEpochs);
  check(isWithin(seed, 0, 2 ** 31, true), "to have a whole seed from 0 to 2147483648", seed);
}

/**
 * @param current what the text does not say stays as it is here
 * @throws RelumineError "format", with what was expected and what stands there
 */
export function readPasted(text: string, current: Recipe, shape: DataShape): Pasted {
  check(text.trim() !== "", "to be a network", "nothing");
  check(text.length <= LONGEST, `to be at most ${LONGEST} characters long`, text.length);
  const reading = readSnippet(text) ?? readWords(text);
  const { layers, told } = hiddenOf(reading, shape);
  checkReading(layers, reading);
  const { sizes: _sizes, areHidden: _are, leftOut, ...fields } = reading;
  const isSaid = layers.length > 0 || Object.keys(fields).length > 0;
  check(isSaid, 'to say something of a network, like "64-32 relu adam 0.01"', JSON.stringify(text.trim().slice(0, 40)));
  const recipe: Recipe = { ...current, ...fields, ...(layers.length > 0 && { layers }) };
  return { recipe, told: tellOf(recipe, told, leftOut) };
}

/** What is told where it is not as usual. */
function moreOf(recipe: Recipe): string {
  const { normalization, dropout, l1, l2, schedule, scheduleEpochs } = recipe;
  return [
    ...(normalization === "none" ? [] : [`${normalization} normalization`]),
    ...(dropout > 0 ? [`dropout ${dropout}`] : []),
    ...(hasResidual(recipe) ? ["residual layers"] : []),
    ...(l1 > 0 ? [`L1 ${l1}`] : []),
    ...(l2 > 0 ? [`L2 ${l2}`] : []),
    ...(schedule === "constant" ? [] : [`rate: ${SCHEDULE_TEXTS[schedule]}, over ${scheduleEpochs} epochs`]),
  ]
    .map((text) => `, ${text}`)
    .join("");
}

function tellOf(recipe: Recipe, sizes: string, leftOut: readonly string[]): string {
  const { layers, activation, optimizer, rate, batch, start } = recipe;
  const hidden = `hidden ${layers.length === 1 ? "layer" : "layers"} ${layers.join("-")}${sizes === "" ? "" : ` (${sizes})`}`;
  const rest = leftOut.length === 0 ? "" : ` Left out: ${leftOut.join(", ")}.`;
  const names = `${ACTIVATION_TEXTS[activation]}, weights start: ${START_TEXTS[start]}, ${OPTIMIZER_TEXTS[optimizer]}`;
  return `Read as ${hidden}, ${names}, rate ${rate}, batch ${batch}${moreOf(recipe)}.${rest}`;
}
