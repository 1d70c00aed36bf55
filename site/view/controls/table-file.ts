// A CSV that is chosen or dropped on the page.
import type { GivenTable } from "../../engine/types.js";
import { formatBytes } from "../../../src/text/numbers.js";
import { h } from "../dom.js";

const MOST_BYTES = 8 * 2 ** 20;

export interface Drop {
  /** Opens the browser's file chooser. */
  ask(): void;
}

export function createDrop(take: (table: GivenTable) => void, refuse: (message: string) => void): Drop {
  const input = h("input", {
    type: "file",
    accept: ".csv,text/csv",
    hidden: true,
    "aria-label": "A CSV file",
    onchange: () => void read(input.files?.[0]),
  });
  document.body.append(input);

  async function read(file: File | undefined): Promise<void> {
    input.value = "";
    if (!file) return;
    if (file.size > MOST_BYTES)
      return refuse(
        `expected ${file.name} to have at most ${formatBytes(MOST_BYTES)}, got ${formatBytes(file.size)}. ` +
          "The command line takes more: relumine train.",
      );
    take({ name: file.name, text: await file.text() });
  }

  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    void read(event.dataTransfer?.files[0]);
  });
  return { ask: () => input.click() };
}
