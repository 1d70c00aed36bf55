// Puts the embedded digits beside the built command line; makes it executable.
import { chmodSync, copyFileSync } from "node:fs";

const built = new URL("../dist/cli/", import.meta.url);
copyFileSync(new URL("../src/cli/digits.csv.gz", import.meta.url), new URL("digits.csv.gz", built));
chmodSync(new URL("main.js", built), 0o755);
