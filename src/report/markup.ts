// Text into HTML and SVG.
import { typeset } from "../text/numbers.js";

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as it may stand in an element or in a quoted attribute. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/** Text that people read, with its minus signs and percent signs typeset. */
export function toMarkup(text: string): string {
  return escapeMarkup(typeset(text));
}
