// What went wrong, said where it happened, with what to do. What was there stays.
import { byId, h } from "../dom.js";

export type Place = "data" | "settings" | "unit" | "engine";

export interface Problem {
  show(place: Place, message: string, action?: readonly [label: string, act: () => void]): void;
  clear(): void;
}

const TITLES: Readonly<Record<Place, string>> = { data: "Data: ", settings: "Settings: ", unit: "Unit: ", engine: "" };
const HOMES: Readonly<Record<Place, string>> = { data: "look", settings: "look", unit: "unit-problem", engine: "look" };

export function createProblem(box: HTMLElement): Problem {
  function clear(): void {
    box.hidden = true;
    box.replaceChildren();
  }
  function show(place: Place, message: string, action?: readonly [label: string, act: () => void]): void {
    byId(HOMES[place])?.after(box);
    const words = h("p", {}, TITLES[place] + message);
    const buttons = action ? [h("button", { type: "button", class: "primary", onclick: action[1] }, action[0])] : [];
    box.replaceChildren(words, ...buttons, h("button", { type: "button", onclick: clear }, "Close"));
    box.hidden = false;
  }
  return { show, clear };
}
