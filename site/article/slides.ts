// Slides: ?slides shows the page a piece at a time, in larger type, each below its chapter's title; the arrow keys and
// a presenter's remote (PageDown, PageUp) turn them.
import { h, setText } from "../look/dom.js";

/** What takes arrow keys itself, and what takes PageDown too. */
const OWN_ARROWS =
  'input, select, textarea, [role="slider"], [role="grid"], [role="application"], [tabindex="0"], canvas';
const OWN_PAGES = 'input[type="range"], select, textarea, [role="slider"], [role="grid"], [role="application"]';
const BEGINS_A_SLIDE = "h3, figure, .answer, .exercise";
/** A question stands with the text before it where both fit on a screen, by the letters of the text. */
const SHORT_TEXT = 600;

export const isSlideMode = (): boolean => new URLSearchParams(location.search).has("slides");

interface Slide {
  /** The header, or a chapter, whose title is seen on each of its slides. */
  readonly chapter: HTMLElement;
  /** What of the chapter is seen. */
  readonly parts: readonly HTMLElement[];
  /** What its address ends with. */
  readonly name: string;
}

/** A chapter's pieces: text and question, a figure, a claim, an answer, an exercise. */
function pieces(chapter: HTMLElement): HTMLElement[][] {
  const all: HTMLElement[][] = [[]];
  for (const part of chapter.querySelectorAll<HTMLElement>(":scope > :not(h2)")) {
    const current = all.at(-1)!;
    const isLong = current.reduce((letters, { textContent }) => letters + textContent!.length, 0) > SHORT_TEXT;
    const isNext =
      part.matches(BEGINS_A_SLIDE) || current.at(-1)?.matches(".claim") || (part.matches(".question") && isLong);
    if (isNext && current.length > 0) all.push([part]);
    else current.push(part);
  }
  return all;
}

function slidesOf(chapter: HTMLElement): Slide[] {
  if (chapter.id === "") return [{ chapter, parts: [], name: "" }];
  return pieces(chapter).map((parts, i) => {
    const first = i === 0 ? chapter.id : parts[0].id;
    return { chapter, parts, name: first || `${chapter.id}/${i + 1}` };
  });
}

/** The slide that an address means: by its name, or by what stands on it. */
function slideAt(slides: readonly Slide[], hash: string): number {
  const name = decodeURIComponent(hash.slice(1));
  const named = slides.findIndex((slide) => slide.name === name);
  if (named >= 0 || name === "") return Math.max(0, named);
  const target = document.getElementById(name);
  const holding = slides.findIndex(({ parts }) => parts.some((part) => part.contains(target)));
  return target === null ? 0 : Math.max(0, holding);
}

/** Arrow keys turn slides again once a choice has been made by mouse or touch; by keyboard they go on choosing. */
function leaveChoicesMadeByPointer(): void {
  let isPointer = false;
  addEventListener("pointerdown", () => (isPointer = true), true);
  addEventListener("keydown", () => (isPointer = false), true);
  addEventListener("change", ({ target }) => {
    if (isPointer && target instanceof HTMLInputElement && target.type === "radio") target.blur();
  });
}

export function showSlides(): void {
  if (!isSlideMode()) return;
  document.documentElement.dataset.slides = "";
  const chapters = [
    document.querySelector<HTMLElement>("header")!,
    ...document.querySelectorAll<HTMLElement>("main > section"),
  ];
  const slides = chapters.flatMap(slidesOf);
  let current = -1;
  const place = h("span", { role: "status" });
  const turn = (to: number): void => {
    const next = Math.max(0, Math.min(slides.length - 1, to));
    if (next === current) return;
    current = next;
    const { chapter, parts, name } = slides[current];
    for (const each of chapters) each.toggleAttribute("data-current", each === chapter);
    for (const slide of slides)
      for (const part of slide.parts) part.toggleAttribute("data-elsewhere", !parts.includes(part));
    setText(place, `${current + 1} of ${slides.length}`);
    history.replaceState(null, "", `?slides${name === "" ? "" : `#${name}`}`);
    scrollTo(0, 0);
  };
  const [back, on] = [() => turn(current - 1), () => turn(current + 1)];
  document.body.append(
    h(
      "nav",
      { class: "turn", "aria-label": "Slides" },
      h("button", { type: "button", onclick: back }, "← Back"),
      place,
      h("button", { type: "button", onclick: on }, "Next →"),
      h("a", { href: location.pathname }, "Leave the slides"),
    ),
  );
  const arrows = new Map([
    ["ArrowRight", on],
    ["ArrowLeft", back],
    ["Home", () => turn(0)],
    ["End", () => turn(slides.length - 1)],
  ]);
  const pages = new Map([
    ["PageDown", on],
    ["PageUp", back],
  ]);
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    const isOwn = (selector: string) => event.target instanceof Element && event.target.matches(selector);
    const act =
      (isOwn(OWN_ARROWS) ? undefined : arrows.get(event.key)) ?? (isOwn(OWN_PAGES) ? undefined : pages.get(event.key));
    if (!act) return;
    event.preventDefault();
    act();
  });
  leaveChoicesMadeByPointer();
  const toAddress = (): void => turn(slideAt(slides, location.hash));
  addEventListener("hashchange", toAddress);
  toAddress();
}
