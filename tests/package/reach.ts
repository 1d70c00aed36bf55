// Which files of the package something uses: what package.json names, and what those files import, by their own paths
// or by "#..." names.
import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import ts from "typescript";

/** Read by programs by their place beside them: the command line's digits, and what the package's documents are. */
const READ_BY_PATH = /^(dist\/cli\/digits\.csv\.gz|README\.md|CHANGELOG\.md|LICENSE|package\.json)$/;

/** All strings in a value of package.json that are paths. */
function pathsIn(value: unknown): string[] {
  if (typeof value === "string") return /^(\.\/)?dist\//.test(value) ? [posix.normalize(value)] : [];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(pathsIn) : [];
}

const isText = (file: string): boolean => /\.(js|ts)$/.test(file);

/** Files that a module of the package imports: for declarations, other declarations. */
async function importsOf(folder: string, file: string): Promise<string[]> {
  const { importedFiles } = ts.preProcessFile(await readFile(join(folder, file), "utf8"));
  return importedFiles
    .filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName }) => posix.join(posix.dirname(file), fileName))
    .map((target) => (file.endsWith(".d.ts") ? target.replace(/\.js$/, ".d.ts") : target));
}

/** Those of `files` that nothing uses. */
export async function unreached(folder: string, files: readonly string[]): Promise<string[]> {
  const { exports, imports, bin, unpkg, jsdelivr } = JSON.parse(
    await readFile(join(folder, "package.json"), "utf8"),
  ) as Record<string, unknown>;
  const waiting = pathsIn([exports, imports, bin, unpkg, jsdelivr]);
  const reached = new Set<string>();
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    if (isText(file)) waiting.push(...(await importsOf(folder, file)));
  }
  return files.filter((file) => !reached.has(file) && !READ_BY_PATH.test(file));
}
