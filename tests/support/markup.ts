// Markup as text: whether it is whole, and whether it asks for anything from outside.

/**
 * Elements that are opened and closed in order; void ones and self-closed ones stand alone. The first fault, if any.
 */
export function markupFault(markup: string): string | undefined {
  const open: string[] = [];
  for (const [tag, slash, name, , end] of markup.matchAll(
    /<(\/?)([a-z][a-z0-9]*)((?:\s+[\w-]+(?:="[^"<>]*")?)*)\s*(\/?)>/g,
  )) {
    if (end === "/" || ["meta", "link"].includes(name)) continue;
    if (slash === "") open.push(name);
    else if (open.pop() !== name) return tag;
  }
  if (open.length > 0) return `open: ${open.join(" ")}`;
  return markup.replace(/<!doctype html>|<\/?[a-z][^<>]*>/g, "").includes("<") ? "a stray <" : undefined;
}

/** What a page could load or run. */
export const OUTSIDE = /<script|(?:href|src|action|data)="(?!#|data:)|\son\w+="|url\(|@import|https?:|javascript:/g;
