// The page in another page's frame: its address, and the controls that the address's query hides.
import { h } from "../../look/dom.js";

export const isEmbedded = window.parent !== window;

/** By the name in `?hide=`, comma-separated: what is hidden. */
const PARTS: Readonly<Record<string, string>> = {
  header: "header",
  title: "h1",
  run: ".transport",
  speed: "#speed-label",
  data: "#data-label",
  example: "#preset-label",
  settings: "#open-settings",
  map: "#open-map",
  model: "#open-model",
  tutorial: "#open-tutorial",
  share: "#open-share",
  about: "#about",
  output: "#output",
  training: "#training",
  unit: "#unit",
  notes: "#notes",
};

/** Hides what the query asks to hide. @returns names that nothing on the page has */
export function hideParts(): string[] {
  const names = new URLSearchParams(location.search).get("hide")?.split(",").filter(Boolean) ?? [];
  for (const name of names)
    if (Object.hasOwn(PARTS, name)) document.querySelector<HTMLElement>(PARTS[name])!.hidden = true;
  return names.filter((name) => !Object.hasOwn(PARTS, name));
}

/** Writes the state into the address; in a frame never as a new entry, which the outer page's history would get. */
export function writeAddress(hash: string, isNew: boolean): void {
  const address = hash === "" ? location.pathname + location.search : `#${hash}`;
  try {
    if (isNew && !isEmbedded) history.pushState(null, "", address);
    else history.replaceState(null, "", address);
  } catch {
    // a browser that has been asked too often; the next state is written again
  }
}

/** The page's address for other people: without what a frame hides. */
export function fullAddress(): string {
  return location.origin + location.pathname + location.hash;
}

/** In a frame: a link to the page as a whole, with its state. */
export function addWayOut(to: HTMLElement): void {
  if (!isEmbedded) return;
  const link = h("a", { href: "#", target: "_blank", rel: "noopener" }, "Open in a tab");
  link.addEventListener("pointerdown", () => (link.href = fullAddress()));
  link.addEventListener("focus", () => (link.href = fullAddress()));
  to.append(link);
}
