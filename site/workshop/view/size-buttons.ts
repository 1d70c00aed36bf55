// Beside each layer's name a button for a unit less and one for a unit more, where there is room; in the head of the
// network the same for layers. Each makes another network.
import { MOST_LAYERS, MOST_UNITS } from "../../training/recipe.js";
import type { NetworkLayout } from "./network-layout.js";
import { byId, h } from "../../look/dom.js";

export interface SizeButtons {
  start(layers: readonly number[]): void;
  place(layout: NetworkLayout): void;
}

const SIDE = 24;
/** Half of the room for "layer 1: 10 of 10". */
const NAME = 50;

export function createSizeButtons(stage: HTMLElement, resize: (layers: readonly number[]) => void): SizeButtons {
  let layers: readonly number[] = [];
  let groups: HTMLElement[] = [];
  const button = (text: string, label: string, isPossible: boolean, next: readonly number[]) =>
    h(
      "button",
      { type: "button", "aria-label": label, title: label, disabled: !isPossible, onclick: () => resize(next) },
      text,
    );
  const head = byId("network").querySelector<HTMLElement>(".layers-more")!;

  function start(next: readonly number[]): void {
    const focused = document.activeElement?.getAttribute("aria-label");
    layers = next;
    for (const group of groups) group.remove();
    const withUnits = (layer: number, units: number) => layers.map((own, at) => (at === layer ? units : own));
    groups = layers.map((units, layer) =>
      h(
        "div",
        { class: "size", role: "group", "aria-label": `Units of layer ${layer + 1}` },
        button("−", `A unit less in layer ${layer + 1}`, units > 1, withUnits(layer, units - 1)),
        button("+", `A unit more in layer ${layer + 1}`, units < MOST_UNITS, withUnits(layer, units + 1)),
      ),
    );
    stage.append(...groups);
    head.replaceChildren(
      button("−", "Remove the last layer", layers.length > 1, layers.slice(0, -1)),
      button("+", "Add a layer", layers.length < MOST_LAYERS, [...layers, layers.at(-1)!]),
    );
    if (!focused) return;
    for (const each of [...groups, head])
      each.querySelector<HTMLElement>(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
  }

  function place({ columns }: NetworkLayout): void {
    const centers = columns.map(({ center }) => center);
    const apart = Math.min(...centers.slice(1).map((center, i) => center - centers[i]), Infinity);
    groups.forEach((group, layer) => {
      group.hidden = apart < 2 * (NAME + SIDE) + 4;
      group.style.left = `${centers[layer]}px`;
      const [less, more] = [...group.children] as HTMLElement[];
      less.style.left = `${-NAME - SIDE}px`;
      more.style.left = `${NAME}px`;
    });
  }

  return { start, place };
}
