// What went wrong, shown beside where it happened, with what to do.
import { byId, h } from "../../../look/dom.js";

import type { ErrorPlace } from "../../engine/types.js";

export interface ErrorMessage {
  show(place: ErrorPlace, message: string, action?: readonly [label: string, act: () => void]): void;
  clear(): void;
}

const TITLES: Readonly<Record<ErrorPlace, string>> = {
  data: "Data: ",
  settings: "Settings: ",
  unit: "Unit: ",
  engine: "",
};
const NEIGHBOURS: Readonly<Record<ErrorPlace, string>> = {
  data: "look",
  settings: "look",
  unit: "unit-error",
  engine: "look",
};

export function createErrorMessage(box: HTMLElement): ErrorMessage {
  function clear(): void {
    box.hidden = true;
    box.replaceChildren();
  }
  function show(place: ErrorPlace, message: string, action?: readonly [label: string, act: () => void]): void {
    byId(NEIGHBOURS[place])?.after(box);
    const text = h("p", {}, TITLES[place] + message);
    const buttons = action ? [h("button", { type: "button", class: "primary", onclick: action[1] }, action[0])] : [];
    box.replaceChildren(text, ...buttons, h("button", { type: "button", onclick: clear }, "Close"));
    box.hidden = false;
  }
  return { show, clear };
}
