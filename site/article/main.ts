// What lives on the page of the article: figures, questions, exercises, terms, copying, slides.
import { byId, h } from "../look/dom.js";
import { mountFigure } from "../figures/mount.js";
import { FIGURES, STRAIGHT_LINE } from "../figures/list.js";
import { checkExercises, checkQuestions } from "./answers.js";
import { explainTerms } from "./terms.js";
import { isSlideMode, showSlides } from "./slides.js";

function mountFigures(): void {
  for (const place of document.querySelectorAll<HTMLElement>("[data-figure]")) {
    const entry = [STRAIGHT_LINE, ...FIGURES].find(({ number }) => number === Number(place.dataset.figure));
    if (entry) mountFigure(entry, place, isSlideMode());
  }
}

/** Copies what `text` gives, and says so on the button. */
function offerCopy(button: HTMLButtonElement, text: () => string): void {
  const label = button.textContent!;
  let timer: ReturnType<typeof setTimeout> | undefined;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    const isDone = await navigator.clipboard.writeText(text()).then(
      () => true,
      () => false,
    );
    button.textContent = isDone ? "Copied" : "Please copy it by hand";
    clearTimeout(timer);
    timer = setTimeout(() => (button.textContent = label), 2000);
  });
}

/** Addresses as they are where the page stands. */
function fillAddresses(): void {
  const here = location.href.replace(/[?#].*$/, "");
  for (const code of document.querySelectorAll(".embed code"))
    code.textContent = code.textContent!.replace(/src="(?=f\/)/, `src="${here.replace(/[^/]*$/, "")}`);
  document.querySelector("[data-address]")!.append(` ${here}`);
  document.querySelector("[data-address-bibtex]")!.append(`,\n  url    = {${here}}`);
}

function offerCopies(): void {
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy]"))
    offerCopy(button, () => button.parentElement!.querySelector("code")!.textContent!);
  for (const button of document.querySelectorAll<HTMLButtonElement>("[data-copy-of]"))
    offerCopy(button, () => byId(button.dataset.copyOf!).textContent!.trim());
}

function offerPrinting(): void {
  const button = byId<HTMLButtonElement>("print");
  button.hidden = false;
  button.addEventListener("click", () => print());
  const folded = document.querySelectorAll<HTMLDetailsElement>(".exercise details, figure.claim > details");
  let opened: HTMLDetailsElement[] = [];
  addEventListener("beforeprint", () => {
    opened = [...folded].filter((details) => !details.open);
    for (const details of opened) details.open = true;
  });
  addEventListener("afterprint", () => {
    for (const details of opened) details.open = false;
  });
  // a figure that nobody has come to is printed as its address
  for (const figure of document.querySelectorAll<HTMLElement>('figure.live[id^="figure-"]'))
    figure.append(h("p", { class: "on-paper" }, `Live: ${new URL(`f/${figure.id.slice(7)}/`, location.href).href}`));
}

fillAddresses();
offerCopies();
offerPrinting();
checkQuestions();
checkExercises();
explainTerms();
showSlides();
mountFigures();
