// A temporary folder for programs and files.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * A new folder, whose package.json keeps Node from looking for one above it: a package.json left in the system's
 * temporary folder would decide what "relumine" means to the programs in here.
 */
export function newFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `relumine-${name}-`));
  writeFileSync(join(folder, "package.json"), `{ "private": true }\n`);
  return folder;
}
