// A model of another program: what it is, which of its units are dead on the rows of the page, and remedies. It is read
// and run in a worker of its own.
import type { ModelAbout, ModelFile } from "../engine/model/model-look.js";
import type { FromModelWorker, ToModelWorker } from "../engine/model/model-worker.js";
import { countOf, formatNumber, typeset } from "../../../src/text/numbers.js";
import { h, setText } from "../../look/dom.js";
import type { LearningTask } from "../../tasks/learning-task.js";
import type { CureName } from "../../training/changes.js";
import { count, sentence } from "./descriptions.js";

export interface ModelPanel {
  open(file: ModelFile): void;
  /** The rows that it is looked at on. */
  show(task: LearningTask): void;
}

const PROGRAMS: Readonly<Record<ModelAbout["format"], string>> = {
  onnx: "ONNX",
  relumine: "relumine",
  safetensors: "safetensors",
  torch: "PyTorch",
  keras: "Keras",
  "keras-h5": "Keras (HDF5)",
  tfjs: "TensorFlow.js",
  npz: "NumPy",
};
const CURE_TEXTS: Readonly<Record<CureName, string>> = {
  liftBias: "Lift the bias",
  recycle: "Recycle",
  leakyRelu: "Leaky ReLU",
};

export function createModelPanel(root: HTMLElement, say: (text: string) => void): ModelPanel {
  let worker: Worker | undefined;
  let task: LearningTask | undefined;
  const title = h("h2", { tabindex: -1 });
  const about = h("p", {});
  const dead = h("p", { class: "dead", role: "status" });
  const done = h("p", {});
  const findings = h("ul", {});
  const post = (message: ToModelWorker) => worker?.postMessage(message);
  const cures = (Object.keys(CURE_TEXTS) as CureName[]).map((cure) =>
    h("button", { type: "button", onclick: () => post({ kind: "treat", cure }) }, CURE_TEXTS[cure]),
  );
  const undo = h("button", { type: "button", onclick: () => post({ kind: "undo" }) }, "Undo");
  const save = h("button", { type: "button", onclick: () => post({ kind: "write" }) }, "Save the treated model");
  const actions = h("div", { class: "row" }, h("span", {}, "All dead units:"), ...cures, undo, save);
  const close = h("button", { type: "button", onclick: () => end() }, "Close the model");
  root.replaceChildren(title, about, dead, done, actions, findings, close);

  function end(): void {
    worker?.terminate();
    worker = undefined;
    root.hidden = true;
  }

  function open(file: ModelFile): void {
    end();
    root.hidden = false;
    setText(title, `Your model: ${file.name}`);
    for (const part of [about, dead, done]) setText(part, "");
    setText(about, "Reading it …");
    findings.replaceChildren();
    actions.hidden = true;
    worker = new Worker(new URL("model.js", document.baseURI), { type: "module", name: "model" });
    worker.onmessage = ({ data }: MessageEvent<FromModelWorker>) => take(data);
    worker.onerror = (event) => {
      event.preventDefault();
      setText(about, sentence(`It can't be read: ${event.message || "the page's file could not be loaded"}`));
    };
    post({ kind: "open", file });
    sendRows();
    title.focus();
  }

  function sendRows(): void {
    if (task) post({ kind: "rows", rows: { features: task.features, classes: task.classes, x: task.train.x } });
  }

  function take(message: FromModelWorker): void {
    switch (message.kind) {
      case "about":
        return setText(about, aboutText(message.about));
      case "file":
        return saveBytes(message.file);
      case "failed":
        actions.hidden = true;
        findings.replaceChildren();
        return setText(message.isUnread ? about : dead, sentence(typeset(message.message)));
      case "diagnosis":
        return showDiagnosis(message);
    }
  }

  function showDiagnosis({ diagnosis, treated, canUndo }: Extract<FromModelWorker, { kind: "diagnosis" }>): void {
    const { layers, samples } = diagnosis;
    const all = layers.reduce((sum, { units }) => sum + units, 0);
    const some = layers.flatMap(({ dead: units, units: of }, layer) =>
      units.length === 0 ? [] : [`layer ${layer + 1}: ${units.length} of ${of} (${unitNames(units)})`],
    );
    const number = layers.reduce((sum, { dead: units }) => sum + units.length, 0);
    const text =
      `On the ${count(samples)} training rows of the page ${count(number)} of ${countOf(all, "hidden unit")} ` +
      `${number === 1 ? "is" : "are"} dead${some.length > 0 ? `. ${sentence(some.join("; "))}` : "."}`;
    setText(dead, text);
    say(text);
    const change =
      treated?.outputChange === 0
        ? "no output changes"
        : `an output changes by up to ${formatNumber(treated?.outputChange ?? 0)}`;
    setText(
      done,
      treated
        ? typeset(sentence(`${count(treated.dead[0])} dead before, ${count(treated.dead[1])} after; ${change}`))
        : "",
    );
    for (const button of cures) button.disabled = number === 0;
    undo.disabled = save.disabled = !canUndo;
    actions.hidden = number === 0 && !canUndo;
    findings.replaceChildren(
      ...diagnosis.findings.map(([what, advice]) => h("li", {}, typeset(`${sentence(what)} ${advice}`))),
    );
  }

  return {
    open,
    show(next) {
      task = next;
      sendRows();
    },
  };
}

const MOST_NAMES = 12;

function unitNames(units: readonly number[]): string {
  const names = units.slice(0, MOST_NAMES).map((unit) => count(unit + 1));
  const more = units.length > MOST_NAMES ? " …" : "";
  return `${units.length === 1 ? "unit" : "units"} ${names.join(", ")}${more}`;
}

function aboutText({ format, writer, inputs, units, notes }: ModelAbout): string {
  const hidden = units.slice(0, -1);
  const layers = hidden.length === 0 ? "no hidden layer" : `hidden layers of ${hidden.map(count).join(", ")} units`;
  const by = writer ? `, written by ${writer}` : "";
  const what = `${PROGRAMS[format]}${by}: ${countOf(inputs, "input")}, ${layers}, ${countOf(units.at(-1)!, "output")}.`;
  return typeset([what, ...notes.map(sentence)].join(" "));
}

function saveBytes({ name, bytes }: ModelFile): void {
  const url = URL.createObjectURL(new Blob([bytes as Uint8Array<ArrayBuffer>]));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
