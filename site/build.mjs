// npm run site: writes the site into dist-site/, a folder that works below any address of any web server, and serves
// it. Words behind it name the parts that are built: npm run playground builds the workshop alone. With --build it ends
// when the folder is written; --port N asks for a port (0: any), --to FOLDER writes elsewhere, --address URL says where
// the site will stand, for its site map and the previews of links to it.
import { mkdirSync, rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeArticle } from "./build/article.mjs";
import { writeDocs } from "./build/docs.mjs";
import { writeFigures } from "./build/figures.mjs";
import { writeReference } from "./build/reference.mjs";
import { serve } from "./build/serve.mjs";
import { writeSiteMap } from "./build/site-map.mjs";
import { writeWorkshop } from "./build/workshop.mjs";

/** In the order in which they are built; the first that was built is the one whose address is told. */
const PARTS = {
  article: writeArticle,
  figures: writeFigures,
  workshop: writeWorkshop,
  reference: writeReference,
  docs: writeDocs,
};
const ADDRESSES = { article: "", figures: "f/1/", workshop: "workshop/", reference: "docs/reference/", docs: "docs/" };

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    address: { type: "string", default: "http://localhost:4178/" },
    build: { type: "boolean", default: false },
    port: { type: "string", default: "4178" },
    to: { type: "string" },
  },
});
const unknown = positionals.find((name) => !Object.hasOwn(PARTS, name));
if (unknown !== undefined) fail(`no part is called ${unknown}; they are ${Object.keys(PARTS).join(", ")}`, 2);

function fail(message, code) {
  console.error(`relumine site: ${message}`);
  process.exit(code);
}

const address = values.address.replace(/\/?$/, "/");
const folder = values.to ?? fileURLToPath(new URL("../dist-site", import.meta.url));
const parts = Object.keys(PARTS).filter((name) => positionals.length === 0 || positionals.includes(name));
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const name of parts) await PARTS[name](folder, { address });
writeSiteMap(folder, { address });
if (!values.build) {
  const server = await serve(folder, Number(values.port)).catch((error) => fail(error.message, 1));
  const address = `http://localhost:${server.address().port}/${ADDRESSES[parts[0]]}`;
  console.log(`relumine site: ${address} (Ctrl-C ends it)`);
}
