// A page of its own: one HTML file with its style and pictures inside, no scripts, and a policy that lets nothing be
// loaded.
import { escapeMarkup, toMarkup } from "./markup.js";
import { STYLE } from "./page-style.js";
import { plotToSvg, type Plot, plotTable, type TextTable } from "./plot.js";

export interface PageSection {
  /** For links: letters, digits and hyphens. */
  readonly id: string;
  readonly heading: string;
  /** A word or two beside the heading, as a verdict. */
  readonly badge?: string;
  readonly paragraphs: readonly string[];
  readonly plots: readonly Plot[];
  /** Figures under the plots. */
  readonly table?: TextTable & { readonly caption: string };
}

export interface Page {
  readonly title: string;
  /** Paragraphs under the title. */
  readonly lead: readonly string[];
  readonly sections: readonly PageSection[];
  /** How the figures were made, at the end. */
  readonly foot: readonly string[];
}

const paragraphs = (texts: readonly string[], kind = ""): string =>
  texts.map((text) => `<p${kind && ` class="${kind}"`}>${toMarkup(text)}</p>`).join("\n");

/** Wide tables scroll in a box of their own, which the keyboard reaches. */
function tableToHtml({ header, rows }: TextTable, caption: string): string {
  const head = header.map((cell) => (cell === "" ? "<td></td>" : `<th scope="col">${toMarkup(cell)}</th>`)).join("");
  const body = rows
    .map(
      ([name, ...cells]) =>
        `<tr><th scope="row">${toMarkup(name)}</th>${cells.map((cell) => `<td>${toMarkup(cell)}</td>`).join("")}</tr>`,
    )
    .join("\n");
  const name = toMarkup(caption);
  return `<div class="scroll" role="region" tabindex="0" aria-label="${name}"><table><caption>${name}</caption>
<thead><tr>${head}</tr></thead><tbody>\n${body}\n</tbody></table></div>`;
}

/** @param of what the details are of, for those who only hear the summary */
function detailsToHtml(summary: string, of: string, content: string): string {
  return `<details><summary>${summary}<span class="hidden">: ${toMarkup(of)}</span></summary>${content}</details>`;
}

function plotToHtml(plot: Plot): string {
  const table = detailsToHtml("The same as a table", plot.title, tableToHtml(plotTable(plot), plot.title));
  return `<figure><figcaption>${toMarkup(plot.title)}</figcaption>\n${plotToSvg(plot)}\n${table}</figure>`;
}

function sectionToHtml({ id, heading, badge, paragraphs: texts, plots, table }: PageSection): string {
  const figures = table ? `\n${detailsToHtml("All figures", heading, tableToHtml(table, table.caption))}` : "";
  return `<section id="${escapeMarkup(id)}" aria-labelledby="${escapeMarkup(id)}-heading">
<h2 id="${escapeMarkup(id)}-heading">${toMarkup(heading)}</h2>
${badge === undefined ? "" : `<p class="badge">${toMarkup(badge)}</p>\n`}${paragraphs(texts)}
${plots.length > 0 ? `<div class="plots">${plots.map(plotToHtml).join("\n")}</div>` : ""}${figures}
</section>`;
}

function contentsToHtml(sections: readonly PageSection[]): string {
  const items = sections.map(({ id, heading, badge }) => {
    const mark = badge === undefined ? "" : ` <span>${toMarkup(badge)}</span>`;
    return `<li><a href="#${escapeMarkup(id)}">${toMarkup(heading)}</a>${mark}</li>`;
  });
  return `<nav aria-label="Contents"><ol>\n${items.join("\n")}\n</ol></nav>`;
}

/**
 * The whole document. All texts are escaped here.
 * @example
 * const dead = { id: "dead", heading: "Dead units", paragraphs: [], plots: [plot] };
 * pageToHtml({ title: "Deaths by task", lead: [], sections: [dead], foot: [] })
 */
export function pageToHtml({ title, lead, sections, foot }: Page): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="color-scheme" content="light dark">
<title>${toMarkup(title)}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>${toMarkup(title)}</h1>
${paragraphs(lead, "lead")}
</header>
${sections.length > 1 ? contentsToHtml(sections) : ""}
<main>
${sections.map(sectionToHtml).join("\n")}
</main>
${foot.length > 0 ? `<footer>\n${paragraphs(foot)}\n</footer>` : ""}
</body>
</html>
`;
}
