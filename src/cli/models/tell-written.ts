// What is said of a model's files that were written.
import type { WrittenFile } from "./written-model.js";
import type { Terminal } from "../terminal.js";
import { formatCount } from "../../text/numbers.js";
import { onOneLine } from "../../text/printable.js";

export function tellWritten(terminal: Terminal, files: readonly WrittenFile[]): void {
  for (const { file, bytes } of files) terminal.tell(`Saved: ${onOneLine(file)}, ${formatCount(bytes)} bytes`);
}
