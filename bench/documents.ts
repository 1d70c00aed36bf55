// Documents with figures: a command replaces what stands between its own two marker comments.
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";

function between(name: string): RegExp {
  return new RegExp(`(?<=<!-- ${name} -->\\n)[^]*?(?=<!-- /${name} -->)`);
}

/** Throws if the document has no place for it. */
export function checkMarkers(file: string, name: string): void {
  if (!between(name).test(readFileSync(file, "utf8")))
    throw new Error(`${file} lacks the lines <!-- ${name} --> and <!-- /${name} -->`);
}

/** Replaces what stands between `<!-- name -->` and `<!-- /name -->`. */
export function replaceBetweenMarkers(file: string, name: string, text: string): void {
  checkMarkers(file, name);
  writeFileSync(
    `${file}.new`,
    readFileSync(file, "utf8").replace(between(name), () => text),
  );
  renameSync(`${file}.new`, file);
}

const tableRow = (cells: readonly string[]): string => `| ${cells.join(" | ")} |\n`;

export function markdownTable(heading: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heading, heading.map((_, i) => (i === 0 ? "---" : "---:")), ...rows].map(tableRow).join("");
}

/** When, and on what. */
export function measuredOn(more = ""): string {
  const date = new Date().toISOString().slice(0, 10);
  return `\n${date}, ${cpus()[0]?.model.trim()}, Node ${process.versions.node}${more}.\n`;
}
