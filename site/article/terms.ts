// A term is explained where it is named: while the pointer rests on it, or when it has the focus.
import { byId, h } from "../look/dom.js";

export function explainTerms(): void {
  const tip = h("div", { id: "term-tip", role: "tooltip", hidden: true });
  document.querySelector("main")!.append(tip);
  const hide = (): void => {
    tip.hidden = true;
  };
  for (const link of document.querySelectorAll<HTMLAnchorElement>("a.term")) {
    link.setAttribute("aria-describedby", tip.id);
    const show = (): void => {
      const name = byId(link.hash.slice(1));
      tip.replaceChildren(h("b", {}, name.textContent!), ` ${name.nextElementSibling!.textContent!}`);
      tip.hidden = false;
      place(tip, link);
    };
    link.addEventListener("pointerenter", show);
    link.addEventListener("focus", show);
    link.addEventListener("blur", hide);
    link.addEventListener("pointerleave", ({ relatedTarget }) => relatedTarget !== tip && hide());
  }
  tip.addEventListener("pointerleave", hide);
  document.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
}

/** Below the first line of the link, within the page. */
function place(tip: HTMLElement, link: HTMLElement): void {
  const [box] = link.getClientRects();
  const width = Math.min(340, document.documentElement.clientWidth - 24);
  tip.style.width = `${width}px`;
  const left = Math.max(12, Math.min(box.left, document.documentElement.clientWidth - width - 12));
  tip.style.left = `${left + scrollX}px`;
  tip.style.top = `${box.bottom + scrollY}px`;
}
