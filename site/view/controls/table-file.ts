// A CSV file that is chosen or dropped on the page, and which of its columns is to be learnt.
import type { LearningTask, TableFile } from "../../engine/types.js";
import { checkFileSize } from "../../state/file-size.js";
import { byId, h } from "../dom.js";

export interface TableFileInput {
  /** Opens the browser's file chooser. */
  ask(): void;
}

export function createTableFileInput(
  take: (table: TableFile) => void,
  refuse: (message: string) => void,
): TableFileInput {
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
    try {
      checkFileSize(file.name, file.size);
    } catch (error) {
      return refuse((error as Error).message);
    }
    take({ name: file.name, text: await file.text() });
  }

  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    void read(event.dataTransfer?.files[0]);
  });
  return { ask: () => input.click() };
}

/** @returns shows the columns to choose from; without a table there are none */
export function createTargetSelect(choose: (target: string) => void): (table: LearningTask["table"]) => void {
  const label = byId("target");
  const select = label.querySelector("select")!;
  select.onchange = () => choose(select.value);
  return (table) => {
    label.hidden = !table;
    if (!table) return;
    select.replaceChildren(...table.columns.map((name) => h("option", { value: name }, name)));
    select.value = table.target;
  };
}
