// A CSV file, or a model, that is chosen or dropped on the page, which of its columns is to be learnt, and how its
// numbers are taken.
import type { ModelFile } from "../../engine/model/model-look.js";
import type { TableFile } from "../../engine/types.js";
import type { LearningTask } from "../../../tasks/learning-task.js";
import { checkFileSize } from "../../state/file-size.js";
import { type Recipe, SCALE_NAMES } from "../../../training/recipe.js";
import { byId, h } from "../../../look/dom.js";

export interface TableFileInput {
  /** Opens the browser's file chooser. */
  ask(): void;
  askModel(): void;
}

const TABLES = ".csv,.tsv,.txt,.gz,text/csv";
const MODELS = ".onnx,.keras,.h5,.hdf5,.json,.zip,.safetensors,.pt,.pth,.ckpt,.npz,.relumine";
const MODEL = new RegExp(`(${MODELS.replaceAll(",", "|").replaceAll(".", "\\.")})$`, "i");

export function createTableFileInput(
  take: (table: TableFile) => void,
  takeModel: (model: ModelFile) => void,
  refuse: (message: string) => void,
): TableFileInput {
  const input = h("input", {
    type: "file",
    accept: TABLES,
    hidden: true,
    "aria-label": "A CSV file",
    onchange: () => void read(input.files?.[0]),
  });
  document.body.append(input);

  async function read(file: File | undefined): Promise<void> {
    input.value = "";
    if (!file) return;
    if (MODEL.test(file.name)) return takeModel({ name: file.name, bytes: new Uint8Array(await file.arrayBuffer()) });
    try {
      checkFileSize(file.name, file.size);
    } catch (error) {
      return refuse((error as Error).message);
    }
    take({ name: file.name, contents: new Uint8Array(await file.arrayBuffer()) });
  }

  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => {
    event.preventDefault();
    void read(event.dataTransfer?.files[0]);
  });
  const ask = (accept: string) => {
    input.accept = accept;
    input.click();
  };
  return { ask: () => ask(TABLES), askModel: () => ask(MODELS) };
}

export interface TableChoices {
  target(name: string): void;
  scale(scale: Recipe["scale"]): void;
}

const SCALES: Readonly<Record<Recipe["scale"], string>> = { asIs: "as they are", standardized: "standardized" };

/** @returns shows the columns to choose from, and how numbers are taken; without a table there is nothing to choose */
export function createTableChoices(
  choices: TableChoices,
): (table: LearningTask["table"], scale: Recipe["scale"]) => void {
  const part = byId("table-choices");
  const [target, scale] = part.querySelectorAll("select");
  target.onchange = () => choices.target(target.value);
  scale.onchange = () => choices.scale(scale.value as Recipe["scale"]);
  scale.append(...SCALE_NAMES.map((name) => h("option", { value: name }, SCALES[name])));
  return (table, scaling) => {
    part.hidden = !table;
    if (!table) return;
    target.replaceChildren(...table.columns.map((name) => h("option", { value: name }, name)));
    target.value = table.target;
    scale.value = scaling;
  };
}
