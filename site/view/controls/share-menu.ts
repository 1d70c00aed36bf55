// The menu: copy link, copy code, download the deaths.
import { byId, h, saveFile } from "../dom.js";

export interface ShareSources {
  code(): string | undefined;
  deaths(): string | undefined;
  say(message: string): void;
}

/** The old way where the new one is refused (a page without focus or permission). */
async function copy(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = h("textarea", { class: "unseen" });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}

export function createShare({ code, deaths, say }: ShareSources): void {
  const open = byId("open-share");
  const menu = byId("share");
  const show = (isOpen: boolean) => {
    menu.hidden = !isOpen;
    open.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) menu.querySelector("button")!.focus();
  };
  open.onclick = () => show(menu.hidden === true);
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    show(false);
    open.focus();
  });
  document.addEventListener("pointerdown", ({ target }) => {
    if (!menu.hidden && !menu.contains(target as Node) && !open.contains(target as Node)) show(false);
  });
  const copyAnd = async (text: string | undefined, what: string) => {
    if (text === undefined) return;
    say((await copy(text)) ? `${what} copied` : `${what} could not be copied: the browser refused`);
    show(false);
    open.focus();
  };
  byId("copy-link").onclick = () => void copyAnd(location.href, "link");
  byId("copy-code").onclick = () => void copyAnd(code(), "code");
  byId("save-deaths").onclick = () => {
    const table = deaths();
    if (table !== undefined) saveFile("deaths.csv", "text/csv", table);
    show(false);
    open.focus();
  };
}
