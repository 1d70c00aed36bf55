// What `relumine textbook` and measure.ts found, for the article's texts: single numbers as words, and claims as
// figures. Runs where the site is built.
import { toMarkup } from "../../src/report/markup.js";
import { type Plot, plotTable, plotToSvg } from "../../src/report/plot.js";
import type { TextbookRecord } from "../../src/report/textbook-text.js";
import { capital } from "../../src/text/capital.js";
import {
  countOf,
  formatCount,
  formatNumber,
  formatPercent,
  formatRange,
  formatRate,
  typeset,
} from "../../src/text/numbers.js";
import { superscript } from "../look/text.js";

/** What measure.ts wrote: a number by its name. */
export type Measured = Readonly<Record<string, number>>;

const FORMATS: Readonly<Record<string, (value: number) => string>> = {
  percent: formatPercent,
  whole: (value) => `${formatCount(100 * value)} %`,
  number: (value) => formatNumber(value),
  short: (value) => formatNumber(value, 2),
  count: formatCount,
  rate: formatRate,
};

interface Known {
  readonly value: number;
  readonly low?: number;
  readonly high?: number;
}

export class Facts {
  constructor(
    readonly textbook: TextbookRecord,
    private readonly measured: Measured,
  ) {}

  private find(place: string, name: string): Known {
    const found =
      place === "measured"
        ? this.measured[name] !== undefined && { value: this.measured[name] }
        : this.textbook.claims[Number(place) - 1]?.figures.find((figure) => figure.name === name);
    if (!found) throw new Error(`no figure "${name}" in ${place}`);
    return found;
  }

  /** A number by `claim | name`, or `measured | name`. */
  number(text: string): number {
    const [place, name] = text.split("|").map((part) => part.trim());
    return this.find(place, name).value;
  }

  /** Words for `claim | name | format`; behind it `| low`, `| high` or `| range`, of the repeats. */
  words(text: string): string {
    const [place, name, format = "number", part = "value"] = text.split("|").map((each) => each.trim());
    const write = FORMATS[format];
    if (write === undefined) throw new Error(`no format is called ${format}`);
    const { value, low, high } = this.find(place, name);
    if (part === "value") return onPage(write(value));
    if (low === undefined || high === undefined) throw new Error(`"${name}" has no range`);
    if (part === "range") return onPage(formatRange(low, high, write, " to "));
    return onPage(write(part === "low" ? low : high));
  }

  /** A text whose `{{...}}` are filled in. */
  fill(text: string): string {
    return text.replaceAll(/\{\{([^}]+)\}\}/g, (_, inside: string) => this.words(inside));
  }

  /** A claim with its verdict and its plots. */
  claim(number: number): string {
    const { claim, verdict, experiment, sentence, plots } = this.textbook.claims[number - 1];
    const { data, repeats } = this.textbook;
    return [
      `<figure class="claim" id="claim-${number}">`,
      `<figcaption><b>Claim:</b> ${shown(claim)}. <b class="verdict">${shown(capital(verdict))}.</b></figcaption>`,
      `<p>${shown(sentence)}</p>`,
      `<div class="plots">${plots.map(plotMarkup).join("")}</div>`,
      `<details><summary>How it was measured</summary><p>${shown(experiment)}</p>`,
      `<p>Data: ${shown(data)}. Medians over ${countOf(repeats, "repeat")}, with the lowest and the highest. `,
      `<code>npx relumine textbook --only ${number}</code> measures it again.</p></details></figure>`,
    ].join("");
  }
}

/** Powers of ten as a page has them: 8.4·10⁶. */
const onPage = (text: string): string =>
  typeset(text).replace(
    /(\d)e([+−-]?)(\d+)/g,
    (_, last: string, sign: string, digits: string) =>
      `${last}\u00b710${superscript(Number(digits) * (/^[−-]/.test(sign) ? -1 : 1))}`,
  );
const shown = (text: string): string => onPage(toMarkup(text));

function plotMarkup(plot: Plot): string {
  const { header, rows } = plotTable(plot);
  const cells = (tag: string, row: readonly string[]) => row.map((cell) => `<${tag}>${shown(cell)}</${tag}>`).join("");
  return (
    `<div class="plot"><p class="plot-title">${shown(plot.title)}</p>${plotToSvg(plot)}` +
    `<details><summary>As a table</summary><div class="scroll" tabindex="0"><table><thead><tr>${cells("th", header)}` +
    `</tr></thead><tbody>${rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("")}</tbody></table></div></details></div>`
  );
}
