// Lays the package into a folder as its users get it, and the bundlers and runtimes in which it is tried beside it.
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync } from "node:fs";
import { cp, mkdir, readFile, rename, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { newFolder } from "../support/folder.js";

const run = promisify(execFile);
export const root = fileURLToPath(new URL("../../", import.meta.url));

export interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string }[];
  readonly entryCount: number;
  readonly unpackedSize: number;
  readonly size: number;
}

/**
 * Packs dist as it stands and lays it and its run-time dependencies into `folder`/node_modules; the dependencies are
 * copied, so no network is needed.
 */
export async function installPackage(folder: string): Promise<Packed> {
  const { stdout } = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: root,
  });
  const [packed] = JSON.parse(stdout) as [Packed];
  const modules = join(folder, "node_modules");
  await mkdir(join(modules, "relumine"), { recursive: true });
  await run("tar", ["-xzf", join(folder, packed.filename), "--strip-components=1", "-C", join(modules, "relumine")]);
  const manifest = JSON.parse(await readFile(join(modules, "relumine", "package.json"), "utf8")) as {
    dependencies: Record<string, string>;
  };
  for (const name of Object.keys(manifest.dependencies)) {
    await cp(join(root, "node_modules", name), join(modules, name), { recursive: true, dereference: true });
  }
  return packed;
}

/** The bundlers of tests/package/bundlers, installed once for each lock file. */
async function installBundlers(): Promise<string> {
  const source = fileURLToPath(new URL("bundlers/", import.meta.url));
  const hash = createHash("sha256")
    .update(await readFile(join(source, "package-lock.json")))
    .digest("hex")
    .slice(0, 12);
  const home = join(root, ".cache", `bundlers-${hash}`);
  if (existsSync(home)) return home;
  const begun = `${home}.${process.pid}`;
  await cp(source, begun, { recursive: true });
  await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], { cwd: begun });
  await rename(begun, home);
  return home;
}

export interface Workshop {
  /** A folder with the app's files and relumine in its node_modules. */
  readonly app: string;
  /** The bundlers' node_modules. */
  readonly tools: string;
  /** A native program that a package of the bundlers brings; undefined where there is none for this machine. */
  program(scope: string, file: string): string | undefined;
  remove(): Promise<void>;
}

/** The app of tests/package/app outside of the checkout, the bundlers where its files find them. */
export async function openWorkshop(): Promise<Workshop> {
  const home = newFolder("bundlers");
  const app = join(home, "app");
  await cp(new URL("app/", import.meta.url), app, { recursive: true });
  await installPackage(app);
  const tools = join(await installBundlers(), "node_modules");
  await symlink(tools, join(home, "node_modules"));
  return {
    app,
    tools,
    program: (scope, file) =>
      readdirSync(join(tools, scope))
        .map((name) => join(tools, scope, name, file))
        .find(existsSync),
    remove: () => rm(home, { recursive: true, force: true }),
  };
}
