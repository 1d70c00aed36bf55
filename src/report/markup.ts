// Text into HTML and SVG.
import { typeset } from "../text/numbers.js";
import { onOneLine } from "../text/printable.js";

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };

/** Text as it may stand in an element or in a quoted attribute. */
export function escapeMarkup(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
}

/**
 * Text that people read, with its minus signs and percent signs typeset; without control characters and marks that turn
 * the direction of writing.
 */
export function toMarkup(text: string): string {
  return escapeMarkup(typeset(onOneLine(text)));
}
