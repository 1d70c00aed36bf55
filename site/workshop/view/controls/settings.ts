// The settings: layers, activation, starting bias, optimizer, rate with what it does to the units, batch, decay,
// clip, seed. Rate, batch, decay and clip change while it trains; all others start anew.
import type { ForecastMessage } from "../../engine/types.js";
import {
  ACTIVATION_NAMES,
  LEAST_RATE,
  MOST_LAYERS,
  MOST_RATE,
  MOST_UNITS,
  OPTIMIZER_NAMES,
  type Recipe,
} from "../../state/recipe.js";
import { roundTo } from "../../../../src/text/numbers.js";
import { h, setText } from "../../../look/dom.js";
import { createRateForecastView } from "./rate-forecast.js";

export interface SettingsView {
  show(recipe: Recipe): void;
  forecast(forecast: ForecastMessage | undefined): void;
  redraw(): void;
}

const ACTIVATION_TEXTS: Readonly<Record<string, string>> = {
  relu: "ReLU",
  leakyRelu: "Leaky ReLU",
  elu: "ELU",
  gelu: "GELU",
  silu: "SiLU",
  tanh: "tanh",
  sigmoid: "sigmoid",
};
const OPTIMIZER_TEXTS: Readonly<Record<string, string>> = {
  sgd: "SGD",
  momentum: "SGD, momentum 0.9",
  adam: "Adam",
  rmsprop: "RMSprop",
};
const RATE_STOPS = 200;

const toStop = (rate: number) => (Math.log(rate / LEAST_RATE) / Math.log(MOST_RATE / LEAST_RATE)) * RATE_STOPS;
const toRate = (stop: number) => roundTo(LEAST_RATE * (MOST_RATE / LEAST_RATE) ** (stop / RATE_STOPS), 2);

export function createSettings(root: HTMLElement, change: (recipe: Recipe) => void): SettingsView {
  let recipe: Recipe;
  const set = (changes: Partial<Recipe>) => change({ ...recipe, ...changes });
  const layers = h("div", { class: "row" });
  const activation = choice(ACTIVATION_NAMES, ACTIVATION_TEXTS, (name) => set({ activation: name }));
  const optimizer = choice(OPTIMIZER_NAMES, OPTIMIZER_TEXTS, (name) => set({ optimizer: name }));
  const bias = numberField(-10, 10, "any", (value) => set({ bias: value }));
  const batch = numberField(1, 1024, 1, (value) => set({ batch: value }));
  const decay = numberField(0, 10, "any", (value) => set({ decay: value }));
  const clip = numberField(0, 1e6, "any", (value) => set({ clip: value }));
  const seed = numberField(0, 2 ** 31, 1, (value) => set({ seed: value }));
  const rateTitle = h("span", { id: "rate-title" }, "Rate");
  const rate = h("input", {
    type: "range",
    min: 0,
    max: RATE_STOPS,
    step: 1,
    "aria-labelledby": "rate-title",
    "aria-describedby": "forecast-text",
    oninput: () => nameRate(toRate(rate.valueAsNumber)),
    onchange: () => set({ rate: toRate(rate.valueAsNumber) }),
  });
  const forecast = createRateForecastView();
  const field = (name: string, ...children: HTMLElement[]) =>
    h("label", { class: "field" }, h("span", {}, name), ...children);
  root.replaceChildren(
    h("fieldset", {}, h("legend", {}, "Hidden layers (units)"), layers),
    field("Activation", activation),
    field("Starting bias", bias),
    field("Optimizer", optimizer),
    field("Batch", batch),
    field("Weight decay", decay),
    field("Clip norm (0: off)", clip),
    field("Seed", seed),
    h("div", { class: "field rate" }, rateTitle, forecast.canvas, rate, forecast.text),
  );

  function nameRate(value: number): void {
    setText(rateTitle, `Rate ${value}`);
    forecast.point(value);
    rate.setAttribute("aria-valuetext", String(value));
  }

  function showLayers(): void {
    const focused = [...layers.children].indexOf(document.activeElement as Element);
    const fields = recipe.layers.map((units, layer) => {
      const input = numberField(1, MOST_UNITS, 1, (value) =>
        set({ layers: recipe.layers.map((old, at) => (at === layer ? value : old)) }),
      );
      input.value = String(units);
      input.setAttribute("aria-label", `Units of layer ${layer + 1}`);
      return input;
    });
    const more = h(
      "button",
      {
        type: "button",
        "aria-label": "Add a layer",
        onclick: () => set({ layers: [...recipe.layers, recipe.layers.at(-1)!] }),
      },
      "+",
    );
    const less = h(
      "button",
      {
        type: "button",
        "aria-label": "Remove the last layer",
        onclick: () => set({ layers: recipe.layers.slice(0, -1) }),
      },
      "−",
    );
    more.disabled = recipe.layers.length >= MOST_LAYERS;
    less.disabled = recipe.layers.length <= 1;
    layers.replaceChildren(...fields, less, more);
    if (focused >= 0) (layers.children[Math.min(focused, layers.children.length - 1)] as HTMLElement).focus();
  }

  return {
    show(next) {
      const isNew = !recipe || recipe.layers.join() !== next.layers.join();
      recipe = next;
      if (isNew) showLayers();
      activation.value = next.activation;
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
    forecast: forecast.show,
    redraw: forecast.redraw,
  };
}

function choice<T extends string>(
  names: readonly T[],
  texts: Readonly<Record<string, string>>,
  act: (name: T) => void,
): HTMLSelectElement {
  const select = h(
    "select",
    { onchange: () => act(select.value as T) },
    ...names.map((name) => h("option", { value: name }, texts[name])),
  );
  return select;
}

/** Acts on whole and allowed numbers alone; the browser says what is wrong with others. */
function numberField(min: number, max: number, step: number | "any", act: (value: number) => void): HTMLInputElement {
  const input = h("input", {
    type: "number",
    min,
    max,
    step,
    required: true,
    onchange: () => input.reportValidity() && act(input.valueAsNumber),
  });
  return input;
}
