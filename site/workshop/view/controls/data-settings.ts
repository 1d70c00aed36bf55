// Settings of the points of a plane: what the network is given of each, noise, and how many are held out.
import { typeset } from "../../../../src/text/numbers.js";
import { POINTS } from "../../../tasks/built-in-tasks.js";
import { FEATURE_NAMES, type FeatureName, FEATURES } from "../../../tasks/features.js";
import { LEAST_HELD_OUT, MOST_HELD_OUT, MOST_NOISE, type Recipe } from "../../../training/recipe.js";
import { h } from "../../../look/dom.js";
import { slider } from "./setting-fields.js";
import { percent } from "../../../look/text.js";

const HELD_OUT_STEP = 12;
const NOISE_STEP = 0.01;
const SINE_HINT = typeset(
  "Sines of six times the coordinate: as many waves over this plane, which reaches from -1 to 1, as TensorFlow " +
    "Playground has over its own, from -6 to 6.",
);

export interface DataSettings {
  readonly elements: readonly HTMLElement[];
  show(recipe: Recipe): void;
}

export function createDataSettings(set: (changes: Partial<Recipe>) => void): DataSettings {
  let given: readonly FeatureName[] = [];
  const toggle = (name: FeatureName): void => {
    const isGiven = given.includes(name);
    set({ features: FEATURE_NAMES.filter((each) => (each === name ? !isGiven : given.includes(each))) });
  };
  const toggles = FEATURE_NAMES.map((name) =>
    h(
      "button",
      { type: "button", ...(name.startsWith("sin") && { title: SINE_HINT }), onclick: () => toggle(name) },
      FEATURES[name].text,
    ),
  );
  const noise = slider(
    [0, MOST_NOISE, NOISE_STEP],
    (value) => `Noise ${value}`,
    (value) => set({ noise: value }),
  );
  const heldOut = slider(
    [LEAST_HELD_OUT, MOST_HELD_OUT, HELD_OUT_STEP],
    (value) => `Held out ${value} of ${POINTS} (${percent(value / POINTS)})`,
    (value) => set({ heldOut: value }),
  );
  return {
    elements: [
      h("fieldset", {}, h("legend", {}, "Features"), h("div", { class: "row toggles" }, ...toggles)),
      noise.element,
      heldOut.element,
    ],
    show(recipe) {
      given = recipe.features;
      toggles.forEach((button, index) => {
        const isGiven = given.includes(FEATURE_NAMES[index]);
        button.setAttribute("aria-pressed", String(isGiven));
        button.disabled = isGiven && given.length === 1; // a network is given something
      });
      noise.show(recipe.noise);
      heldOut.show(recipe.heldOut);
    },
  };
}
