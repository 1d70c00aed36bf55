// The documentation: Markdown of the checkout as pages of one look, an index of their sections for the search.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, posix } from "node:path";
import MarkdownIt from "markdown-it";
import MiniSearch from "minisearch";
import { bundle, importModule, path } from "./bundle.mjs";
import { escape } from "./html.mjs";
import { GROUPS, PAGES } from "../docs/pages.mjs";

const root = (name) => path(`../${name}`);
/** As GitHub makes them, so that links within Markdown hold here too. */
const anchorOf = (title) =>
  title
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
    .replaceAll(" ", "-");

/** Text of inline tokens, without marks. */
const plain = (tokens) => tokens.map(({ children, content }) => (children ? plain(children) : content)).join(" ");

class Pages {
  /** Files that pages link to and that are no pages: copied beside them. */
  files = new Map();
  sections = [];
  faults = [];

  /** Where a link of a file leads, as it stands on the page. */
  link(file, href) {
    if (/^(https?:|#|mailto:)/.test(href)) return href;
    const [target, anchor] = href.split("#");
    const wanted = posix.normalize(posix.join(posix.dirname(file), target)).replace(/\/$/, "");
    const page = PAGES.find((each) => each.file === wanted);
    if (page) return `${page.name}.html${anchor === undefined ? "" : `#${anchor}`}`;
    if (!existsSync(root(wanted))) this.faults.push(`${file} links to ${href}, which is not there`);
    return `files/${this.keep(wanted)}`;
  }

  /** A folder is listed on a page of its own; programs are shown, not run. */
  keep(wanted) {
    const isFolder = !basename(wanted).includes(".");
    const name = isFolder ? `${wanted}.html` : basename(wanted).replace(/\.(html|m?js|ts)$/, "$&.txt");
    const other = this.files.get(name);
    if (other !== undefined && other !== wanted) this.faults.push(`${wanted} and ${other} have the same name`);
    this.files.set(name, wanted);
    return name;
  }

  render({ file, name }) {
    const markdown = new MarkdownIt({ html: true, linkify: false });
    const text = readFileSync(root(file), "utf8").replaceAll(/<!--[\s\S]*?-->/g, "");
    const tokens = markdown.parse(text, {});
    let section;
    for (const [at, token] of tokens.entries()) {
      for (const child of token.children ?? [])
        for (const key of ["href", "src"])
          if (child.attrGet(key)) child.attrSet(key, this.link(file, child.attrGet(key)));
      if (token.type === "heading_open") {
        const title = plain(tokens[at + 1].children);
        const anchor = anchorOf(title);
        token.attrSet("id", anchor);
        section = { title, address: token.tag === "h1" ? `${name}.html` : `${name}.html#${anchor}`, text: [] };
        this.sections.push(section);
      } else if (section && tokens[at - 1]?.type !== "heading_open") {
        if (token.type === "inline") section.text.push(plain(token.children));
        if (token.type === "fence") section.text.push(token.content);
      }
    }
    const own = this.sections.filter(({ address }) => address.split("#")[0] === `${name}.html`);
    const { title } = own[0];
    for (const each of own) Object.assign(each, { page: title, text: each.text.join(" ").replaceAll(/\s+/g, " ") });
    const content = markdown.renderer
      .render(tokens, markdown.options, {})
      .replaceAll("<table>", '<div class="scroll" tabindex="0"><table>')
      .replaceAll("</table>", "</table></div>")
      .replaceAll("<pre>", '<pre tabindex="0">')
      .replaceAll(
        /<h([23]) id="([^"]+)">(.*?)<\/h\1>/g,
        '<h$1 id="$2">$3<a class="here" href="#$2" aria-label="Link to this section">#</a></h$1>',
      );
    return { title, description: own.find((each) => each.text)?.text.slice(0, 160) ?? title, content };
  }
}

function menu(titles, current) {
  return GROUPS.map(({ title, pages }) => {
    const items = pages.map(({ name }) => {
      const mark = name === current ? ' aria-current="page"' : "";
      return `<li><a href="${name}.html"${mark}>${escape(titles.get(name))}</a></li>`;
    });
    return `<h2>${title}</h2>\n<ul>\n${items.join("\n")}\n</ul>`;
  }).join("\n");
}

function turn(titles, name) {
  const at = PAGES.findIndex((page) => page.name === name);
  const link = (page, before, after) =>
    page ? `<a href="${page.name}.html">${before}${escape(titles.get(page.name))}${after}</a>` : "<span></span>";
  return `<nav class="turn" aria-label="Neighbouring pages">${link(PAGES[at - 1], "← ", "")}${link(PAGES[at + 1], "", " →")}</nav>`;
}

/** Without tags. */
function plainText(html) {
  const marks = { quot: '"', amp: "&", lt: "<", gt: ">", "#39": "'" };
  const text = html.replaceAll(/<[^>]+>/g, " ").replaceAll(/&(\w+|#39);/g, (all, name) => marks[name] ?? all);
  return text.replaceAll(/\s+/g, " ").trim();
}

/** What TypeDoc wrote, if it was written: a section an export, by the files' names. */
function referenceSections(to) {
  const folder = `${to}/docs/reference`;
  if (!existsSync(folder)) return [];
  const kinds = ["functions", "classes", "interfaces", "types", "variables"].filter((kind) =>
    existsSync(`${folder}/${kind}`),
  );
  return kinds.flatMap((kind) =>
    readdirSync(`${folder}/${kind}`).map((file) => {
      const text = readFileSync(`${folder}/${kind}/${file}`, "utf8");
      const comment = /<div class="tsd-comment tsd-typography">(.*?)<\/div>/s.exec(text)?.[1] ?? "";
      return {
        title: file.split(".").at(-2),
        page: "API reference",
        address: `reference/${kind}/${file}`,
        text: plainText(comment),
      };
    }),
  );
}

function writeFiles(pages, folder) {
  mkdirSync(`${folder}/files`, { recursive: true });
  for (const [name, file] of pages.files)
    if (name.endsWith(".html") && !file.endsWith(".html")) {
      const items = readdirSync(root(file)).map(
        (each) => `<li><a href="${pages.keep(`${file}/${each}`)}">${each}</a></li>`,
      );
      writeFileSync(
        `${folder}/files/${name}`,
        `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>${file}</title><h1>${file}</h1><ul>${items.join("")}</ul>`,
      );
    } else copyFileSync(root(file), `${folder}/files/${name}`);
}

/**
 * @param {string} to the site's folder
 * @param {{ address: string }} options where the site will stand, for what cannot be relative
 */
export async function writeDocs(to, { address }) {
  const folder = `${to}/docs`;
  mkdirSync(folder, { recursive: true });
  const template = readFileSync(path("docs/page.html"), "utf8");
  const { version } = JSON.parse(readFileSync(root("package.json"), "utf8"));
  const pages = new Pages();
  pages.keep("docs/playground.png"); // the picture of links to the site
  const rendered = PAGES.map((page) => ({ ...page, ...pages.render(page) }));
  const titles = new Map(rendered.map(({ name, title }) => [name, title]));
  const fill = (name, title, description, content) =>
    Object.entries({
      title: escape(title),
      description: escape(description),
      name,
      address,
      menu: menu(titles, name),
      content,
      version,
    }).reduce((text, [key, value]) => text.replaceAll(`{{${key}}}`, () => value), template);
  for (const { name, title, description, content } of rendered)
    writeFileSync(`${folder}/${name}.html`, fill(name, title, description, content + turn(titles, name)));
  const results =
    '<h1>Search</h1>\n<p id="count" role="status"><span class="waiting">The search needs JavaScript, and a web server.</span></p>\n<ul id="results"></ul>';
  writeFileSync(`${folder}/search.html`, fill("search", "Search", "Search the documentation of relumine.", results));
  writeFiles(pages, folder);
  if (pages.faults.length > 0) throw new Error(pages.faults.join("\n"));
  const { INDEX_OPTIONS } = await importModule("docs/index-options.ts");
  const index = new MiniSearch(INDEX_OPTIONS);
  index.addAll([...pages.sections, ...referenceSections(to)].map((section, id) => ({ id, ...section })));
  writeFileSync(`${folder}/search.json`, JSON.stringify(index));
  await bundle({ search: "docs/search.ts", style: "docs/style.css" }, folder);
}
