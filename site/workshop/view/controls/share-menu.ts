// The menu: copy link, copy code, download the deaths.
import { byId, h, saveFile } from "../../../look/dom.js";
import type { Language } from "../../state/code/code.js";
import { createDisclosure } from "./disclosure.js";

const BUTTONS: Readonly<Record<Language, string>> = {
  relumine: "copy-code",
  pytorch: "copy-pytorch",
  keras: "copy-keras",
};

export interface ShareMenuActions {
  link(): string;
  code(language: Language): Promise<string | undefined>;
  deaths(): string | undefined;
  say(message: string): void;
}

/** By the older interface where the newer one is refused (a page without focus or permission). */
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

export function createShareMenu({ link, code, deaths, say }: ShareMenuActions): void {
  const button = byId("open-share");
  const part = byId("share");
  const menu = createDisclosure(button, part, (isOpen) => isOpen && part.querySelector("button")!.focus());
  document.addEventListener("pointerdown", ({ target }) => {
    if (menu.isOpen && !part.contains(target as Node) && !button.contains(target as Node)) menu.hide();
  });
  const copyAnd = async (given: string | Promise<string | undefined>, what: string) => {
    const text = await given;
    if (text === undefined) return;
    say((await copy(text)) ? `${what} copied` : `${what} could not be copied: the browser refused`);
    menu.close();
  };
  byId("copy-link").onclick = () => void copyAnd(link(), "link");
  for (const [language, id] of Object.entries(BUTTONS))
    byId(id).onclick = () => void copyAnd(code(language as Language), "code");
  byId("save-deaths").onclick = () => {
    const table = deaths();
    if (table !== undefined) saveFile("deaths.csv", "text/csv", table);
    menu.close();
  };
}
