// The controls along the top: run, step, reset, speed; data and examples.
import { PRESETS, type Preset } from "../../state/presets.js";
import { DATA_NAMES, type DataName, DEFAULTS, FOR_DIGITS, type Recipe, sameRecipe } from "../../../training/recipe.js";
import { byId, h, setText } from "../../../look/dom.js";

export interface ToolbarActions {
  setRunning(running: boolean): void;
  stepOnce(): void;
  reset(): void;
  setSpeed(speed: number): void;
  setRecipe(recipe: Recipe): void;
  usePreset(preset: Preset): void;
  askTable(): void;
}

export interface ToolbarState {
  readonly recipe: Recipe;
  readonly isRunning: boolean;
  readonly speed: number;
}

const SPEEDS: readonly (readonly [value: number, name: string])[] = [
  [1, "1 /s"],
  [10, "10 /s"],
  [30, "30 /s"],
  [120, "120 /s"],
  [600, "600 /s"],
  [Number.POSITIVE_INFINITY, "full"],
];

const DATA_TEXTS: Readonly<Record<DataName, string>> = {
  spiral: "Spiral",
  circle: "Circle",
  xor: "XOR",
  regression: "Regression",
  digits: "Digits",
  textbook: "Textbook cloud",
  csv: "Your CSV …",
};

/** The recipe for other data: digits have more outputs, and the textbook's unit is the only one of its network. */
export function recipeForData(recipe: Recipe, data: DataName): Recipe {
  if (data === "textbook") return PRESETS.find((preset) => preset.recipe.data === "textbook")!.recipe;
  if (data === "digits") return FOR_DIGITS;
  const base = recipe.data === "textbook" || recipe.data === "digits" ? DEFAULTS : recipe;
  return {
    ...base,
    data,
    rate: data === "regression" ? Math.min(base.rate, 0.1) : base.rate,
    head: "usual",
  };
}

export function createToolbar(actions: ToolbarActions): { show(state: ToolbarState): void } {
  const run = byId<HTMLButtonElement>("run");
  const speed = byId<HTMLSelectElement>("speed");
  const data = byId<HTMLSelectElement>("data");
  const preset = byId<HTMLSelectElement>("preset");
  let state: ToolbarState;

  speed.title = "steps a second";
  speed.append(...SPEEDS.map(([value, name]) => h("option", { value }, name)));
  data.append(...DATA_NAMES.map((name) => h("option", { value: name }, DATA_TEXTS[name])));
  preset.append(
    h("option", { value: "" }, "none"),
    ...PRESETS.map(({ name }, index) => h("option", { value: index }, name)),
  );
  run.onclick = () => actions.setRunning(!state.isRunning);
  byId("step").onclick = () => actions.stepOnce();
  byId("reset").onclick = () => actions.reset();
  speed.onchange = () => actions.setSpeed(Number(speed.value));
  data.onchange = () => {
    if (data.value !== "csv") return actions.setRecipe(recipeForData(state.recipe, data.value as DataName));
    data.value = state.recipe.data; // until a file is there
    actions.askTable();
  };
  preset.onchange = () => {
    const found = PRESETS[Number(preset.value)];
    if (preset.value !== "" && found) actions.usePreset(found);
  };

  return {
    show(next) {
      state = next;
      setText(run, next.isRunning ? "Pause" : "Run");
      speed.value = String(next.speed);
      data.value = next.recipe.data;
      const index = PRESETS.findIndex(({ recipe }) => sameRecipe(recipe, next.recipe));
      preset.value = index < 0 ? "" : String(index);
    },
  };
}
