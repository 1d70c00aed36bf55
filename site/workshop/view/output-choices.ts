// Below the output over the plane: whether it is shown in plain classes, and whether held-out samples are shown.
import type { ShowName } from "../../training/url.js";
import { h } from "../../look/dom.js";

export interface OutputChoices {
  show(names: readonly ShowName[], hasPlane: boolean): void;
}

const TEXTS: readonly (readonly [name: ShowName, text: string])[] = [
  ["heldOut", "Show held-out samples"],
  ["discrete", "Discretize the output"],
];

export function createOutputChoices(root: HTMLElement, set: (name: ShowName, isShown: boolean) => void): OutputChoices {
  const boxes = TEXTS.map(([name, text]) => {
    const box = h("input", { type: "checkbox", onchange: () => set(name, box.checked) });
    return { name, box, element: h("label", {}, box, text) };
  });
  root.replaceChildren(...boxes.map(({ element }) => element));
  return {
    show(names, hasPlane) {
      root.hidden = !hasPlane;
      for (const { name, box } of boxes) box.checked = names.includes(name);
    },
  };
}
