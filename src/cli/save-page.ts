// Results as a page: the option --html of several commands, and the file that it names.
import { Option } from "commander";
import { checkPlace, followLinks } from "./files.js";
import { saveFile } from "./save-file.js";
import type { Terminal } from "./terminal.js";
import { readVersion } from "./version.js";
import { RelumineError } from "../core/errors.js";
import type { Page } from "../report/page.js";
import { pageToHtml } from "../report/page.js";
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
  const bytes = new TextEncoder().encode(pageToHtml(page(`relumine ${await readVersion()}`)));
  try {
    await saveFile(html, bytes);
    terminal.tell(`\nPage: ${onOneLine(html)}, ${formatCount(bytes.length)} bytes`);
  } catch (error) {
    if (!(error instanceof RelumineError)) throw error;
    terminal.fail(`the page was not saved: ${error.message}`);
    process.exitCode = 1;
  }
}
