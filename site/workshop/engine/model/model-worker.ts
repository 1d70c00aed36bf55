// The worker of a model that was dropped on the page; it does one thing after another.
import {
  type ModelAbout,
  type ModelDiagnosis,
  type ModelFile,
  ModelLook,
  type ModelRows,
  type ModelTreated,
} from "./model-look.js";
import type { CureName } from "../../../training/changes.js";

export type ToModelWorker =
  | { readonly kind: "open"; readonly file: ModelFile }
  | { readonly kind: "rows"; readonly rows: ModelRows }
  | { readonly kind: "treat"; readonly cure: CureName }
  | { readonly kind: "undo" }
  | { readonly kind: "write" };

export type FromModelWorker =
  | { readonly kind: "about"; readonly about: ModelAbout }
  | {
      readonly kind: "diagnosis";
      readonly diagnosis: ModelDiagnosis;
      readonly treated?: ModelTreated;
      readonly canUndo: boolean;
    }
  | { readonly kind: "file"; readonly file: ModelFile }
  /** unread: there is no model */
  | { readonly kind: "failed"; readonly message: string; readonly isUnread: boolean };

const host = globalThis as unknown as {
  postMessage(message: FromModelWorker): void;
  onmessage: ((event: MessageEvent<ToModelWorker>) => void) | null;
};
let look: ModelLook | undefined;
let rows: ModelRows | undefined;
let queue: Promise<void> = Promise.resolve();

function diagnose(treated?: ModelTreated): void {
  if (look && rows)
    host.postMessage({
      kind: "diagnosis",
      diagnosis: look.diagnose(rows),
      canUndo: look.canUndo,
      ...(treated && { treated }),
    });
}

async function act(message: ToModelWorker): Promise<void> {
  switch (message.kind) {
    case "open":
      look = await ModelLook.open(message.file);
      return host.postMessage({ kind: "about", about: look.about });
    case "rows":
      rows = message.rows;
      return diagnose();
    case "treat":
      return diagnose(await look!.treat(message.cure, rows!));
    case "undo":
      look!.undo();
      return diagnose();
    case "write":
      return host.postMessage({ kind: "file", file: await look!.write() });
  }
}

host.onmessage = ({ data }) => {
  queue = queue
    .then(() => act(data))
    .catch((error: Error) => host.postMessage({ kind: "failed", message: error.message, isUnread: !look }));
};
