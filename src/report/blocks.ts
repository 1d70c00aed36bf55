// What the sections of a page are made of, and its HTML. All texts are escaped here.
import { escapeMarkup, toMarkup } from "./markup.js";
import { plotToSvg, type Plot, plotTable, type TextTable } from "./plot.js";
import { type UnitMap, unitMapToSvg, unitMark } from "./svg/unit-map.js";
import type { UnitState } from "../inspect/unit-state.js";

export interface CaptionedTable extends TextTable {
  readonly caption: string;
  /** Columns of words: they begin at the left, as the first does. */
  readonly words?: readonly number[];
}

/** One after another, with a heading of its own. */
export interface Item {
  /** For links: letters, digits and hyphens. */
  readonly id?: string;
  /** A word before the heading: "cause". */
  readonly label?: string;
  readonly heading: string;
  readonly texts: readonly string[];
}

/** A layer in the drawing of a network. */
export interface Stage {
  readonly heading: string;
  readonly texts: readonly string[];
  readonly map?: UnitMap;
  /** A line passes it by, from the stage before. */
  readonly isPassed?: boolean;
}

export type Block =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "plots"; readonly plots: readonly Plot[] }
  /** With `summary` it is folded behind those words. */
  | { readonly kind: "table"; readonly table: CaptionedTable; readonly summary?: string }
  /** What to do, in order; `target` is the id of an item that says why. */
  | { readonly kind: "steps"; readonly steps: readonly { readonly text: string; readonly target?: string }[] }
  | { readonly kind: "items"; readonly items: readonly Item[] }
  | { readonly kind: "facts"; readonly facts: readonly (readonly [name: string, value: string])[] }
  | { readonly kind: "network"; readonly stages: readonly Stage[] }
  /** What the marks of the units mean. */
  | { readonly kind: "legend"; readonly states: readonly (readonly [state: UnitState, text: string])[] };

export const text = (content: string): Block => ({ kind: "text", text: content });

export function paragraph(content: string, kind = ""): string {
  return `<p${kind && ` class="${kind}"`}>${toMarkup(content)}</p>`;
}

/** Wide tables scroll in a box of their own, which the keyboard reaches. */
function tableToHtml({ header, rows, caption, words = [] }: CaptionedTable): string {
  const kind = (column: number): string => (words.includes(column) ? ' class="words"' : "");
  const titles = header.map((cell, column) =>
    cell === "" ? "<td></td>" : `<th scope="col"${kind(column)}>${toMarkup(cell)}</th>`,
  );
  const body = rows.map(([name, ...cells]) => {
    const figures = cells.map((cell, place) => `<td${kind(place + 1)}>${toMarkup(cell)}</td>`);
    const head = name === "" ? "<td></td>" : `<th scope="row">${toMarkup(name)}</th>`;
    return `<tr>${head}${figures.join("")}</tr>`;
  });
  const name = toMarkup(caption);
  return `<div class="scroll" role="group" tabindex="0" aria-label="${name}"><table><caption>${name}</caption>
<thead><tr>${titles.join("")}</tr></thead><tbody>\n${body.join("\n")}\n</tbody></table></div>`;
}

/** Longer tables are printed only where they are open. */
const MOST_PRINTED = 40;

/** The caption is there for those who only hear the summary. */
function foldTable(summary: string, table: CaptionedTable): string {
  const words = `${toMarkup(summary)}<span class="hidden">: ${toMarkup(table.caption)}</span>`;
  const kind = table.rows.length > MOST_PRINTED ? ' class="long"' : "";
  return `<details${kind}><summary>${words}</summary>${tableToHtml(table)}</details>`;
}

function plotToHtml(plot: Plot): string {
  const { title } = plot;
  const table = foldTable("The same as a table", { ...plotTable(plot), caption: title });
  return `<figure><figcaption>${toMarkup(title)}</figcaption>\n${plotToSvg(plot)}\n${table}</figure>`;
}

function itemToHtml({ id, label, heading, texts }: Item): string {
  const place = id === undefined ? "" : ` id="${escapeMarkup(id)}"`;
  const mark = label === undefined ? "" : `<span class="label">${toMarkup(label)}</span> `;
  return `<li${place}><h3>${mark}${toMarkup(heading)}</h3>\n${texts.map((each) => paragraph(each)).join("\n")}</li>`;
}

function stageToHtml({ heading, texts, map, isPassed = false }: Stage): string {
  const words = texts.map((each) => paragraph(each)).join("\n");
  return `<li${isPassed ? ' class="passed"' : ""}><h3>${toMarkup(heading)}</h3>\n${words}${map ? `\n${unitMapToSvg(map)}` : ""}</li>`;
}

function stepToHtml({ text: content, target }: { readonly text: string; readonly target?: string }): string {
  const link = target === undefined ? "" : ` <a href="#${escapeMarkup(target)}">Why</a>`;
  return `<li>${toMarkup(content)}${link}</li>`;
}

export function blockToHtml(block: Block): string {
  switch (block.kind) {
    case "text":
      return paragraph(block.text);
    case "plots":
      return `<div class="plots">${block.plots.map(plotToHtml).join("\n")}</div>`;
    case "table":
      return block.summary === undefined ? tableToHtml(block.table) : foldTable(block.summary, block.table);
    case "steps":
      return `<ol class="steps">\n${block.steps.map(stepToHtml).join("\n")}\n</ol>`;
    case "items":
      return `<ul class="items">\n${block.items.map(itemToHtml).join("\n")}\n</ul>`;
    case "facts": {
      const pairs = block.facts.map(([name, value]) => `<dt>${toMarkup(name)}</dt><dd>${toMarkup(value)}</dd>`);
      return `<dl>\n${pairs.join("\n")}\n</dl>`;
    }
    case "network":
      return `<ol class="network">\n${block.stages.map(stageToHtml).join("\n")}\n</ol>`;
    case "legend":
      return `<ul class="legend">${block.states
        .map(([state, words]) => `<li>${unitMark(state)}${toMarkup(words)}</li>`)
        .join("\n")}</ul>`;
  }
}
