// Results as a page or a picture: the option --html of several commands, and the files that are named.
import { Option } from "commander";
import { checkPlace, followLinks } from "./files.js";
import { saveFile } from "./save-file.js";
import { markFailed } from "./run/under-way.js";
import type { Terminal } from "./terminal.js";
import { readVersion } from "./version.js";
import { RelumineError } from "../core/errors.js";
import type { Page } from "../report/page.js";
import { pageToHtml } from "../report/page.js";
import { pictureFile } from "../report/picture-file.js";
import type { Plot } from "../report/plot.js";
import { formatCount } from "../text/numbers.js";
import { onOneLine } from "../text/printable.js";

export interface PageOptions {
  /** Where to write the page. */
  readonly html?: string;
}

export function htmlOption(what = "write the results as a page, without scripts or requests"): Option {
  return new Option("--html <file>", what);
}

/**
 * The place of the page, asked for before long work; undefined where none is to be written.
 * @param table that is read, and others: they are not to be overwritten
 */
export async function checkPagePlace(
  { html }: PageOptions,
  table: string | undefined,
  others: readonly string[] = [],
): Promise<string | undefined> {
  if (html === undefined) return undefined;
  const place = await checkPlace(html, table, "--html");
  const read = await Promise.all(others.map(followLinks));
  if (read.includes(place))
    throw new RelumineError("value", `--html ${html}`, "to be another file than what is read", "the same");
  return place;
}

/** Writes the page where one is asked for; where it cannot be written, it is told, with exit code 1. */
export async function savePage(
  terminal: Terminal,
  { html }: PageOptions,
  page: (madeBy: string) => Page,
): Promise<void> {
  if (html === undefined) return;
  const text = pageToHtml(page(`relumine ${await readVersion()}`));
  await saveText(terminal, "page", html, text, (bytes) => `Page: ${onOneLine(html)}, ${formatCount(bytes)} bytes`);
}

/** Writes what a plot shows as a file of its own, as `savePage` does. */
export async function savePicture(terminal: Terminal, file: string | undefined, plot: () => Plot): Promise<void> {
  if (file === undefined) return;
  await saveText(terminal, "picture", file, pictureFile(plot()), () => `Picture: ${onOneLine(file)}`);
}

async function saveText(
  terminal: Terminal,
  what: "page" | "picture",
  file: string,
  text: string,
  told: (bytes: number) => string,
): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  try {
    await saveFile(file, bytes);
    terminal.tell(`\n${told(bytes.length)}`);
  } catch (error) {
    if (!(error instanceof RelumineError)) throw error;
    terminal.fail(`the ${what} was not saved: ${error.message}`);
    markFailed();
  }
}
