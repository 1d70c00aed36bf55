// npx tsx site/build/measure.mjs: measures the article's numbers again, by the package, into site/article/*.json. After
// npm run build; takes a minute.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { measure } from "../article/measure.ts";
import { path } from "./bundle.mjs";
import { digits } from "./digits.mjs";

const write = (name, text) => writeFileSync(path(`article/${name}`), `${text}\n`);

const measured = await measure(gunzipSync(digits()));
write("measured.json", JSON.stringify(measured, undefined, 2));
if (process.argv.includes("--only-measured")) process.exit();
const said = execFileSync(process.execPath, [path("../dist/cli/main.js"), "textbook", "--json"], { encoding: "utf8" });
const withoutTimes = JSON.parse(said, (key, value) => (key === "seconds" ? undefined : value));
write("textbook.json", JSON.stringify(withoutTimes));
