// A page of its own: one HTML file with its style and pictures inside, no scripts, and a policy that lets nothing be
// loaded.
import { type Block, blockToHtml, paragraph } from "./blocks.js";
import { escapeMarkup, toMarkup } from "./markup.js";
import { STYLE } from "./page-style.js";

export interface PageSection {
  /** For links: letters, digits and hyphens. */
  readonly id: string;
  readonly heading: string;
  /** A word or two beside the heading, as a verdict. */
  readonly badge?: string;
  readonly content: readonly Block[];
}

export interface Page {
  readonly title: string;
  /** Paragraphs under the title. */
  readonly lead: readonly string[];
  readonly sections: readonly PageSection[];
  /** How the figures were made, at the end. */
  readonly foot: readonly string[];
}

const paragraphs = (texts: readonly string[], kind?: string): string =>
  texts.map((text) => paragraph(text, kind)).join("\n");

function sectionToHtml({ id, heading, badge, content }: PageSection): string {
  return `<section id="${escapeMarkup(id)}" aria-labelledby="${escapeMarkup(id)}-heading">
<h2 id="${escapeMarkup(id)}-heading">${toMarkup(heading)}</h2>
${badge === undefined ? "" : `<p class="badge">${toMarkup(badge)}</p>\n`}${content.map(blockToHtml).join("\n")}
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
 * The whole document. All texts are escaped.
 * @example
 * const dead = { id: "dead", heading: "Dead units", content: [{ kind: "plots", plots: [plot] }] };
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
