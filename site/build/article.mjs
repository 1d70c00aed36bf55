// The article: chapters of Markdown, their numbers filled in, and the page around them: index.html of the site.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { writeAssets } from "./assets.mjs";
import { importModule, path } from "./bundle.mjs";
import { listedFigures } from "./figure-list.mjs";
import { escape } from "./html.mjs";
import { createMarkdown } from "./markdown.mjs";

const FROM_A_FILE = "From a file (file://) it does not run: a web server has to deliver this page.";
const read = (name) => readFileSync(path(`article/${name}`), "utf8");
const readJson = (name) => JSON.parse(read(name));
const sentence = (title) => (/[.?!]$/.test(title) ? title : `${title}.`);
const idOf = (name) => name.replaceAll(" ", "-");

/** What facts.ts knows: it writes numbers and draws plots by the package's own code. */
async function openFacts() {
  const { Facts } = await importModule("article/facts.ts");
  return new Facts(readJson("textbook.json"), readJson("measured.json"));
}

/** Sources are numbered as they are first named. */
class Sources {
  constructor() {
    this.all = readJson("sources.json");
    this.named = [];
  }

  refer(names) {
    const links = names.map((name) => {
      if (!Object.hasOwn(this.all, name)) throw new Error(`no source is called ${name}`);
      if (!this.named.includes(name)) this.named.push(name);
      const number = this.named.indexOf(name) + 1;
      return `<a href="#source-${name}" aria-label="source ${number}">${number}</a>`;
    });
    return `<sup class="sources">[${links.join(", ")}]</sup>`;
  }

  list() {
    const items = this.named.map((name) => {
      const { text, id } = this.all[name];
      return `<li id="source-${name}">${escape(text.replace(/(?<=\d)-(?=\d)/g, "\u2013"))} <a href="${escape(addressOf(id))}">${escape(id)}</a></li>`;
    });
    return `<ol class="source-list">${items.join("\n")}</ol>`;
  }
}

function addressOf(id) {
  if (id.startsWith("doi:")) return `https://doi.org/${id.slice(4)}`;
  return id.startsWith("arXiv:") ? `https://arxiv.org/abs/${id.slice(6)}` : id;
}

/** "( ) no" and "(x) yes": choices, the right one marked. What stands before them and behind them is the rest. */
function takeChoices(inside) {
  const lines = inside.split("\n");
  const choices = lines.flatMap((line) => {
    const [, mark, text] = /^\(([ x])\) (.*)$/.exec(line) ?? [];
    return text === undefined ? [] : [{ text, isRight: mark === "x" }];
  });
  return { choices, rest: lines.filter((line) => !/^\([ x]\) /.test(line)).join("\n") };
}

function radios(id, choices, md) {
  return choices
    .map(
      ({ text, isRight }) =>
        `<label><input type="radio" name="${id}"${isRight ? " data-right" : ""}> <span>${md.renderInline(text)}</span></label>`,
    )
    .join("");
}

/** A chapter's question: its verdict is told as soon as one has chosen. */
function question([id], inside, md) {
  const { choices, rest } = takeChoices(inside);
  if (choices.filter(({ isRight }) => isRight).length !== 1) throw new Error(`question ${id}: one answer is right`);
  return (
    `<form class="question"><fieldset><legend><b>Question.</b> ${md.renderInline(rest.trim())}</legend>` +
    `${radios(`question-${id}`, choices, md)}</fieldset><p class="told" role="status"></p></form>\n`
  );
}

/** Text, then choices or "= 0.5 within 0.01", then "---" and the solution. */
function exercise([id], inside, md, number) {
  const [asked, solution] = inside.split("\n---\n");
  const { choices, rest } = takeChoices(asked);
  const [line, right, , within = "0"] = /^= (\S+)( within (\S+))?$/m.exec(rest) ?? [];
  if ((choices.length === 0) === (line === undefined)) throw new Error(`exercise ${id}: choices, or a number`);
  const answer =
    line === undefined
      ? `<fieldset><legend class="unseen">Answers</legend>${radios(`exercise-${id}`, choices, md)}</fieldset>`
      : `<label>Your answer <input type="text" inputmode="decimal" autocomplete="off" size="8" data-right="${right}" data-within="${within}"></label>`;
  return (
    `<form class="exercise" id="exercise-${id}"><h3>Exercise ${number}</h3>${md.render(rest.replace(line ?? "", ""))}` +
    `<div class="row">${answer}<button type="submit" hidden>Check</button></div><p class="told" role="status"></p>` +
    `<details><summary>Solution</summary>${md.render(solution)}</details></form>\n`
  );
}

/** A figure without a number. */
function demonstration(caption, md) {
  return (
    `<figure class="live" id="demonstration"><div class="place" data-figure="0"><p>Here a network is trained in your browser: it needs JavaScript. ${FROM_A_FILE}</p></div>` +
    `<figcaption>${md.renderInline(caption.trim())}</figcaption></figure>\n`
  );
}

function figure(number, listed, md, caption) {
  const known = listed.find((one) => one.number === number);
  if (!known) throw new Error(`article: no figure has the number ${number}`);
  const title = escape(known.title);
  const embed = `<iframe src="f/${number}/?theme=auto" width="640" height="400" title="${title}"></iframe>`;
  return (
    `<figure class="live" id="figure-${number}">` +
    `<div class="place" data-figure="${number}"><p>Figure ${number} trains a network in your browser: it needs JavaScript. ${FROM_A_FILE}</p></div>` +
    `<figcaption><b>Figure ${number}. ${sentence(title)}</b> ${md.renderInline(caption.trim())}</figcaption>` +
    `<div class="tools"><a href="f/${number}/">Figure ${number} by itself</a><details class="embed"><summary>Embed</summary>` +
    `<pre tabindex="0"><code>${escape(embed)}</code></pre><button type="button" data-copy hidden>Copy</button></details></div></figure>\n`
  );
}

/** The glossary's terms: each is explained where it is named, and all at the end. */
class Glossary {
  constructor() {
    this.all = readJson("glossary.json");
  }

  refer(name, shown) {
    if (!Object.hasOwn(this.all, name)) throw new Error(`no term is called ${name}`);
    return `<a class="term" href="#term-${idOf(name)}">${escape(shown)}</a>`;
  }

  list() {
    const entries = Object.entries(this.all).map(
      ([name, text]) => `<dt id="term-${idOf(name)}">${name}</dt><dd>${escape(text)}</dd>`,
    );
    return `<dl class="glossary">${entries.join("\n")}</dl>`;
  }
}

/** "# Title" and the text below it, in files whose names begin with their order: 03-dying.md. */
function chapterFiles() {
  return readdirSync(path("article/chapters"))
    .toSorted()
    .map((file) => {
      const [first, ...rest] = read(`chapters/${file}`).split("\n");
      return { id: file.replace(/^\d+-|\.md$/g, ""), title: first.replace(/^# /, ""), text: rest.join("\n") };
    });
}

function section(id, title, number, body) {
  const shown = number === undefined ? "" : `<span class="number">${number}</span> `;
  return `<section class="chapter" id="${id}" aria-labelledby="${id}-title">\n<h2 id="${id}-title">${shown}${title}</h2>\n${body}</section>\n`;
}

/**
 * @param {string} to the site's folder
 * @param {{ address?: string }} options where the site will stand: previews of links need a whole address
 */
export async function writeArticle(to, { address = "" } = {}) {
  await writeAssets(to);
  writeFileSync(`${to}/index.html`, await articlePage(address));
}

async function articlePage(address) {
  const [facts, sources, glossary, listed] = [await openFacts(), new Sources(), new Glossary(), listedFigures()];
  const count = { exercises: 0 };
  const blocks = {
    question,
    exercise: (words, inside, md) => exercise(words, inside, md, ++count.exercises),
    figure: ([number], caption, md) => figure(number, listed, md, caption),
    demonstration: (words, caption, md) => demonstration(caption, md),
    claim: ([number]) => `${facts.claim(Number(number))}\n`,
    answer: (words, inside, md) => `<div class="answer"><p class="label">Answer</p>${md.render(inside)}</div>\n`,
  };
  const md = createMarkdown(
    blocks,
    (name, shown) => glossary.refer(name, shown),
    (names) => sources.refer(names),
  );
  const chapters = chapterFiles();
  const bodies = chapters.map(({ id, title, text }, i) =>
    section(id, title, i + 1, md.render(facts.fill(text.replaceAll(" [@", "[@")))),
  );
  const contents = chapters.map(({ id, title }) => `<li><a href="#${id}">${title}</a></li>`);
  const placed = Array.from(bodies.join().matchAll(/ id="figure-(\d+)"/g), ([, number]) => number);
  const unplaced = listed.filter(({ number }) => !placed.includes(number));
  if (unplaced.length > 0) throw new Error(`article: figure ${unplaced[0].number} has no place in a chapter`);
  const parts = {
    address: escape(address),
    contents: `<ol>${contents.join("")}</ol>`,
    chapters: bodies.join("\n"),
    glossary: section("glossary", "Words", undefined, glossary.list()),
    sources: section("sources", "Sources", undefined, sources.list()),
    version: JSON.parse(readFileSync(path("../package.json"), "utf8")).version,
  };
  return read("index.html").replace(/\{\{(\w+)\}\}/g, (_, name) => parts[name]);
}
