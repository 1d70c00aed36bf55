// The units of each hidden layer, and a layer more or less.
import { MOST_LAYERS, MOST_UNITS } from "../../../training/recipe.js";
import { h } from "../../../look/dom.js";
import { numberField } from "./setting-fields.js";

export interface LayerFields {
  readonly element: HTMLElement;
  show(layers: readonly number[]): void;
}

export function createLayerFields(set: (layers: readonly number[]) => void): LayerFields {
  const row = h("div", { class: "row" });
  const element = h("fieldset", {}, h("legend", {}, "Hidden layers (units)"), row);
  let shown: string | undefined;

  const button = (text: string, label: string, isPossible: boolean, act: () => void) =>
    h("button", { type: "button", "aria-label": label, disabled: !isPossible, onclick: act }, text);

  function show(layers: readonly number[]): void {
    if (layers.join() === shown) return;
    shown = layers.join();
    const focused = [...row.children].indexOf(document.activeElement as Element);
    const fields = layers.map((units, layer) => {
      const input = numberField(1, MOST_UNITS, 1, (value) =>
        set(layers.map((old, at) => (at === layer ? value : old))),
      );
      input.value = String(units);
      input.setAttribute("aria-label", `Units of layer ${layer + 1}`);
      return input;
    });
    row.replaceChildren(
      ...fields,
      button("−", "Remove the last layer", layers.length > 1, () => set(layers.slice(0, -1))),
      button("+", "Add a layer", layers.length < MOST_LAYERS, () => set([...layers, layers.at(-1)!])),
    );
    if (focused >= 0) (row.children[Math.min(focused, row.children.length - 1)] as HTMLElement).focus();
  }

  return { element, show };
}
