// Slides: ?slides shows a chapter at a time, in larger type; the arrow keys turn them.
import { h, setText } from "../look/dom.js";

/** What takes arrow keys itself. */
const OWN_KEYS =
  'input, select, textarea, [role="slider"], [role="grid"], [role="application"], [tabindex="0"], canvas';

export const isSlideMode = (): boolean => new URLSearchParams(location.search).has("slides");

export function showSlides(): void {
  if (!isSlideMode()) return;
  document.documentElement.dataset.slides = "";
  const slides = [
    document.querySelector<HTMLElement>("header")!,
    ...document.querySelectorAll<HTMLElement>("main > section"),
  ];
  let current = -1;
  const place = h("span", { role: "status" });
  const turn = (to: number): void => {
    const next = Math.max(0, Math.min(slides.length - 1, to));
    if (next === current) return;
    current = next;
    slides.forEach((slide, i) => slide.toggleAttribute("data-current", i === current));
    setText(place, `${current + 1} of ${slides.length}`);
    history.replaceState(null, "", `?slides${current === 0 ? "" : `#${slides[current].id}`}`);
    scrollTo(0, 0);
  };
  const toAddress = (): void =>
    turn(
      Math.max(
        0,
        slides.findIndex((slide) => slide.id !== "" && slide.id === location.hash.slice(1)),
      ),
    );
  document.body.append(
    h(
      "nav",
      { class: "turn", "aria-label": "Slides" },
      h("button", { type: "button", onclick: () => turn(current - 1) }, "← Back"),
      place,
      h("button", { type: "button", onclick: () => turn(current + 1) }, "Next →"),
      h("a", { href: location.pathname }, "Leave the slides"),
    ),
  );
  const keys: Readonly<Record<string, () => void>> = {
    ArrowRight: () => turn(current + 1),
    PageDown: () => turn(current + 1),
    ArrowLeft: () => turn(current - 1),
    PageUp: () => turn(current - 1),
    Home: () => turn(0),
    End: () => turn(slides.length - 1),
  };
  document.addEventListener("keydown", (event) => {
    const isOwn = event.target instanceof Element && event.target.matches(OWN_KEYS);
    if (isOwn || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
  addEventListener("hashchange", toAddress);
  toAddress();
}
