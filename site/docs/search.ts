// The search page: an index of all sections, made when the site was built, read when somebody searches. On every page:
// "/" goes to the field, and on a narrow screen the menu starts closed.
import MiniSearch from "minisearch";
import { byId, h } from "../look/dom.js";
import { INDEX_OPTIONS, type Section } from "./index-options.js";

const MOST_RESULTS = 30;
const EXCERPT = 180; // characters

const field = document.querySelector<HTMLInputElement>("input[type=search]")!;
const menu = document.querySelector<HTMLDetailsElement>("#menu details")!;
const narrow = matchMedia("(max-width: 860px)");

function setMenu(): void {
  menu.open = !narrow.matches;
}

let index: Promise<MiniSearch<Section>> | undefined;

async function readIndex(): Promise<MiniSearch<Section>> {
  const response = await fetch("search.json");
  if (!response.ok) throw new Error(`search.json could not be read (${response.status})`);
  return MiniSearch.loadJSON<Section>(await response.text(), INDEX_OPTIONS);
}

/** The part of the text around the first of the terms that it has, these set apart. */
function excerpt(text: string, terms: readonly string[]): (Node | string)[] {
  const pattern = new RegExp(`(${terms.map((term) => term.replaceAll(/\W/g, "\\$&")).join("|")})`, "gi");
  const from = Math.max(0, text.search(pattern) - EXCERPT / 3);
  const shown = text.slice(from, from + EXCERPT);
  const parts = shown.split(pattern).map((part, at) => (at % 2 === 1 ? h("mark", {}, part) : part));
  return [from > 0 ? "… " : "", ...parts, from + EXCERPT < text.length ? " …" : ""];
}

async function search(): Promise<void> {
  const results = byId("results");
  const words = field.value.trim();
  const count = byId("count");
  if (words === "") {
    results.replaceChildren();
    count.textContent = "";
    return;
  }
  try {
    const found = (await (index ??= readIndex())).search(words).slice(0, MOST_RESULTS);
    if (words !== field.value.trim()) return; // another search is under way
    count.textContent = found.length === 0 ? `Nothing has the words “${words}”.` : `${found.length} sections`;
    results.replaceChildren(
      ...found.map(({ title, page, address, text, terms }) =>
        h(
          "li",
          {},
          h("a", { href: address }, title === page ? title : `${page}: ${title}`),
          h("p", {}, ...excerpt(text, terms)),
        ),
      ),
    );
  } catch (error) {
    index = undefined;
    count.textContent = `The search does not work: ${(error as Error).message}.`;
  }
}

setMenu();
narrow.addEventListener("change", setMenu);
document.addEventListener("keydown", (event) => {
  const isTyping = event.target instanceof HTMLInputElement || event.ctrlKey || event.metaKey || event.altKey;
  if (event.key !== "/" || isTyping) return;
  event.preventDefault();
  field.focus();
});
if (document.getElementById("results")) {
  field.value = new URLSearchParams(location.search).get("q") ?? "";
  field.form!.addEventListener("submit", (event) => event.preventDefault());
  field.addEventListener("input", () => {
    history.replaceState(null, "", `?q=${encodeURIComponent(field.value)}`);
    void search();
  });
  void search();
  field.focus();
}
