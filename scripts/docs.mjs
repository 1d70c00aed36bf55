// npm run docs: writes the API reference into docs/reference/. With --check it writes nothing: it fails where an export
// is not documented.
import { parseArgs } from "node:util";
import { Application, LogLevel, OptionDefaults } from "typedoc";
import { faultsOf } from "./doc-rules.mjs";
import { ENTRIES, path } from "./tools.mjs";

/** TypeDoc for these files, with all that it can find wrong by itself. */
export function open(entries, tsconfig = path("src/tsconfig.json")) {
  return Application.bootstrap({
    name: "relumine",
    entryPoints: entries,
    tsconfig,
    skipErrorChecking: true, // npm run check type-checks all of it
    out: path("docs/reference"),
    readme: "none",
    disableGit: true,
    disableSources: true,
    excludePrivate: true,
    excludeExternals: true,
    excludeInternal: true,
    logLevel: LogLevel.Warn,
    blockTags: [...OptionDefaults.blockTags, "@cost"],
    requiredToBeDocumented: [
      "Class",
      "Function",
      "Interface",
      "TypeAlias",
      "Variable",
      "Property",
      "Method",
      "Accessor",
    ],
    validation: { notDocumented: true, notExported: true, invalidLink: true },
  });
}

/** Warns of all that is missing. */
export async function check(app) {
  const project = await app.convert();
  if (project === undefined) throw new Error("TypeDoc found no project");
  app.validate(project);
  for (const fault of faultsOf(project)) app.logger.warn(fault);
  return project;
}

async function main() {
  const { values } = parseArgs({ options: { check: { type: "boolean", default: false } } });
  const app = await open(ENTRIES.map((name) => path(`src/${name}.ts`)));
  const project = await check(app);
  if (app.logger.warningCount + app.logger.errorCount > 0) process.exitCode = 1;
  else if (!values.check) {
    await app.generateDocs(project, app.options.getValue("out"));
    console.log("docs/reference/index.html");
  }
}

if (process.argv[1] === path("scripts/docs.mjs")) await main();
