// Settings that are needed more rarely: what layers have beside their sums, what holds weights down, how the rate goes,
// what resets units.
import { typeset } from "../../../../src/text/numbers.js";
import {
  DEFAULTS,
  hasResidual,
  MOST_DROPOUT,
  MOST_PENALTY,
  MOST_SCHEDULE_EPOCHS,
  NORMALIZATION_NAMES,
  type Recipe,
  RESET_NAMES,
  SCHEDULE_NAMES,
  type ScheduleName,
} from "../../../training/recipe.js";
import { NORMALIZATION_TEXTS, RESET_TEXTS, SCHEDULE_TEXTS } from "../../state/setting-names.js";
import { h, setText } from "../../../look/dom.js";
import { choice, field, group, numberField } from "./setting-fields.js";

export interface MoreSettings {
  readonly element: HTMLDetailsElement;
  show(recipe: Recipe): void;
}

const NAMES = [
  "normalization",
  "dropout",
  "residual",
  "l1",
  "l2",
  "schedule",
  "scheduleEpochs",
  "resets",
] as const satisfies readonly (keyof Recipe)[];

/** Epochs that are usual. */
const LENGTHS: Readonly<Record<ScheduleName, number>> = {
  constant: DEFAULTS.scheduleEpochs,
  cosine: DEFAULTS.scheduleEpochs,
  warmup: 5,
  oneCycle: DEFAULTS.scheduleEpochs,
};

const HINTS = {
  normalization: "Of what goes into the activation, in the hidden layers: over the batch, or over the layer's units.",
  dropout: "The share of each hidden layer's activations that a step leaves out.",
  residual: typeset(
    "A hidden layer of as many units as the one below adds that one's outputs to its own: a closed unit passes them on.",
  ),
  l1: "What the weights cost in training: the sum of their sizes, times this.",
  l2: "What the weights cost in training: the sum of their squares, times this.",
  schedule: "The rate that is set is the highest of the schedule.",
  scheduleEpochs: "After so many epochs the rate stays as it is.",
  resets: "Units that do little, or are silent for long, start anew while it trains.",
};
const ABOUT = "Each of these starts the training anew.";
const ABOUT_WIDTHS = "Residual takes two layers of equal width, one above the other.";

export function createMoreSettings(set: (changes: Partial<Recipe>) => void): MoreSettings {
  const normalization = choice(NORMALIZATION_NAMES, NORMALIZATION_TEXTS, (name) => set({ normalization: name }));
  const dropout = numberField(0, MOST_DROPOUT, "any", (value) => set({ dropout: value }));
  const residual = h("input", { type: "checkbox", onchange: () => set({ residual: residual.checked }) });
  const l1 = numberField(0, MOST_PENALTY, "any", (value) => set({ l1: value }));
  const l2 = numberField(0, MOST_PENALTY, "any", (value) => set({ l2: value }));
  const schedule = choice(SCHEDULE_NAMES, SCHEDULE_TEXTS, (name) =>
    set({ schedule: name, scheduleEpochs: LENGTHS[name] }),
  );
  const epochs = numberField(1, MOST_SCHEDULE_EPOCHS, 1, (value) => set({ scheduleEpochs: value }));
  const resets = choice(RESET_NAMES, RESET_TEXTS, (name) => set({ resets: name }));
  const about = h("p", { class: "small" });
  let resting = ABOUT;
  /** Under a resting pointer, to a screen reader, and above all of them while it has the focus. */
  const hinted = (name: string, hint: string, control: HTMLElement) => {
    const element = field(name, control);
    element.title = hint;
    control.title = hint;
    control.addEventListener("focus", () => setText(about, hint));
    control.addEventListener("blur", () => setText(about, resting));
    return element;
  };
  const epochsField = hinted("Epochs of the schedule", HINTS.scheduleEpochs, epochs);
  const element = group(
    "More settings",
    false,
    about,
    hinted("Normalization", HINTS.normalization, normalization),
    hinted("Dropout", HINTS.dropout, dropout),
    hinted("Residual", HINTS.residual, residual),
    hinted("L1 regularization", HINTS.l1, l1),
    hinted("L2 regularization", HINTS.l2, l2),
    hinted("Schedule of the rate", HINTS.schedule, schedule),
    epochsField,
    hinted("Resets of units", HINTS.resets, resets),
  );
  element.classList.add("more");
  element.addEventListener("toggle", () => {
    // on a phone it opens below the sheet's end
    if (element.contains(document.activeElement)) element.scrollIntoView({ block: "nearest" });
  });
  let isShown = false;

  return {
    element,
    show(recipe) {
      if (!isShown) element.open = NAMES.some((name) => recipe[name] !== DEFAULTS[name]);
      isShown = true;
      normalization.value = recipe.normalization;
      dropout.value = String(recipe.dropout);
      residual.checked = recipe.residual;
      const isPossible = recipe.residual || hasResidual({ ...recipe, residual: true });
      residual.disabled = !isPossible && document.activeElement !== residual; // which would take its focus
      resting = isPossible ? ABOUT : `${ABOUT} ${ABOUT_WIDTHS}`;
      if (!element.contains(document.activeElement)) setText(about, resting);
      l1.value = String(recipe.l1);
      l2.value = String(recipe.l2);
      schedule.value = recipe.schedule;
      epochsField.hidden = recipe.schedule === "constant";
      epochs.value = String(recipe.scheduleEpochs);
      resets.value = recipe.resets;
    },
  };
}
