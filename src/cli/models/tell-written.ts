// What is said of a model that was written.
import type { WrittenModel } from "./written-model.js";
import type { Terminal } from "../terminal.js";
import { formatCount } from "../../text/numbers.js";
import { onOneLine } from "../../text/printable.js";
import { indent } from "../../text/wrap.js";

export function tellWritten(terminal: Terminal, { files, python }: WrittenModel): void {
  for (const { file, bytes } of files) terminal.tell(`Saved: ${onOneLine(file)}, ${formatCount(bytes)} bytes`);
  if (python) terminal.tell(["\nIn Python:", ...indent(python.map(onOneLine))].join("\n"));
}
