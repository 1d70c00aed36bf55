// The settings, in groups: data (of a plane), network (layers, activation, how it starts), training (optimizer, rate
// with what it does to the units, batch, decay, clip), and what is needed more rarely. Rate, batch, decay and clip
// change while it trains; all others start anew.
import type { ForecastMessage } from "../../engine/types.js";
import {
  ACTIVATION_NAMES,
  isPlane,
  LEAST_RATE,
  MOST_RATE,
  OPTIMIZER_NAMES,
  type Recipe,
  START_NAMES,
} from "../../../training/recipe.js";
import { ACTIVATION_TEXTS, OPTIMIZER_TEXTS, START_TEXTS } from "../../state/setting-names.js";
import type { DataShape } from "../../state/paste/read-pasted.js";
import { roundTo } from "../../../../src/text/numbers.js";
import { h, setText } from "../../../look/dom.js";
import { createDataSettings } from "./data-settings.js";
import { createLayerFields } from "./layer-fields.js";
import { createMoreSettings } from "./more-settings.js";
import { createPasteField } from "./paste-field.js";
import { createRateForecastView } from "./rate-forecast.js";
import { choice, field, group, numberField } from "./setting-fields.js";

export interface SettingsView {
  show(recipe: Recipe): void;
  forecast(forecast: ForecastMessage | undefined): void;
  redraw(): void;
}

const RATE_STOPS = 200;
const PHONE_WIDTH = 720; // as in the style sheet

const toStop = (rate: number) => (Math.log(rate / LEAST_RATE) / Math.log(MOST_RATE / LEAST_RATE)) * RATE_STOPS;
const toRate = (stop: number) => roundTo(LEAST_RATE * (MOST_RATE / LEAST_RATE) ** (stop / RATE_STOPS), 2);

/** Changes what is in a part that scrolls; what has the focus there stays where it is seen. */
function keepFocusInPlace(part: HTMLElement, change: () => void): void {
  const focused = document.activeElement;
  if (!focused || !part.contains(focused)) return change();
  const before = focused.getBoundingClientRect().top;
  change();
  part.scrollTop += focused.getBoundingClientRect().top - before;
}

/** @param shape of the data that is trained on */
export function createSettings(
  root: HTMLElement,
  change: (recipe: Recipe) => void,
  shape: () => DataShape,
): SettingsView {
  let recipe: Recipe;
  const set = (changes: Partial<Recipe>) => change({ ...recipe, ...changes });
  const data = createDataSettings(set);
  const layers = createLayerFields((next) => set({ layers: next }));
  const activation = choice(ACTIVATION_NAMES, ACTIVATION_TEXTS, (name) => set({ activation: name }));
  const start = choice(START_NAMES, START_TEXTS, (name) => set({ start: name }));
  const optimizer = choice(OPTIMIZER_NAMES, OPTIMIZER_TEXTS, (name) => set({ optimizer: name }));
  const bias = numberField(-10, 10, "any", (value) => set({ bias: value }));
  const batch = numberField(1, 1024, 1, (value) => set({ batch: value }));
  const decay = numberField(0, 10, "any", (value) => set({ decay: value }));
  const clip = numberField(0, 1e6, "any", (value) => set({ clip: value }));
  const seed = numberField(0, 2 ** 31, 1, (value) => set({ seed: value }));
  const rateTitle = h("label", { for: "rate" }, "Rate");
  const rate = h("input", {
    type: "range",
    min: 0,
    max: RATE_STOPS,
    step: 1,
    id: "rate",
    "aria-describedby": "forecast-text",
    oninput: () => nameRate(toRate(rate.valueAsNumber)),
    onchange: () => set({ rate: toRate(rate.valueAsNumber) }),
  });
  const forecast = createRateForecastView();
  const more = createMoreSettings(set);
  const isWide = innerWidth > PHONE_WIDTH; // on a phone two are folded at first
  const dataGroup = group("Data", isWide, ...data.elements);
  root.replaceChildren(
    dataGroup,
    group(
      "Network",
      isWide,
      layers.element,
      field("Activation", activation),
      field("Weights start", start),
      field("Starting bias", bias),
      field("Seed", seed),
      createPasteField(() => ({ recipe, shape: shape() }), change),
    ),
    group(
      "Training",
      true,
      field("Optimizer", optimizer),
      field("Batch", batch),
      field("Weight decay", decay),
      field("Clip norm (0: off)", clip),
      h("div", { class: "field rate" }, rateTitle, forecast.canvas, rate, forecast.text),
    ),
    more.element,
  );
  root.addEventListener("toggle", () => forecast.redraw(), true);

  function nameRate(value: number): void {
    setText(rateTitle, `Rate ${value}`);
    forecast.point(value);
    rate.setAttribute("aria-valuetext", String(value));
  }

  return {
    show(next) {
      recipe = next;
      dataGroup.hidden = !isPlane(next);
      data.show(next);
      more.show(next);
      layers.show(next.layers);
      activation.value = next.activation;
      start.value = next.start;
      optimizer.value = next.optimizer;
      bias.value = String(next.bias);
      batch.value = String(next.batch);
      decay.value = String(next.decay);
      decay.disabled = next.optimizer === "rmsprop"; // it has none
      clip.value = String(next.clip);
      seed.value = String(next.seed);
      rate.value = String(Math.round(toStop(next.rate)));
      nameRate(next.rate);
    },
    forecast: (message) => keepFocusInPlace(root, () => forecast.show(message)),
    redraw: forecast.redraw,
  };
}
