// What a page shows in Debian's firefox-esr, headless. Playwright drives none but its own build of Firefox, so the page
// itself reports: a script at the end of it posts its text, or its first error, to the server that it came from.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { TYPES } from "./pages.js";

const REPORT = `<script>
  const report = (text) => fetch("/report", { method: "POST", body: text });
  addEventListener("error", ({ message }) => report("error: " + message));
  addEventListener("unhandledrejection", ({ reason }) => report("error: " + reason));
  setInterval(() => document.body?.innerText.trim() && report(document.body.innerText.trim()), 100);
</script>`;
/** No first-run pages, no traffic of its own. */
const PREFERENCES = {
  "app.update.enabled": false,
  "browser.aboutwelcome.enabled": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "browser.shell.checkDefaultBrowser": false,
  "datareporting.policy.dataSubmissionEnabled": false,
  "datareporting.policy.firstRunURL": "",
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "toolkit.telemetry.enabled": false,
};

export async function showInFirefox(
  program: string,
  folder: string,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  const profile = await mkdtemp(join(tmpdir(), "relumine-firefox-"));
  await writeFile(
    join(profile, "user.js"),
    Object.entries(PREFERENCES)
      .map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`)
      .join(""),
  );
  let told = (_text: string) => {};
  const report = new Promise<string>((resolve) => (told = resolve));
  const server = createServer(async (request, response) => {
    if (request.method === "POST") told((await request.toArray()).join(""));
    const file = join(folder, new URL(request.url!, "http://localhost").pathname);
    const body = await readFile(file).catch(() => undefined);
    if (body === undefined) return response.writeHead(404).end();
    const shown = extname(file) === ".html" ? body.toString() + REPORT : body;
    return response
      .writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", ...headers })
      .end(shown);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const url = `http://localhost:${(server.address() as AddressInfo).port}${path}`;
  const browser = spawn(program, ["--headless", "--no-remote", "--profile", profile, url], {
    env: { ...process.env, HOME: profile, MOZ_DISABLE_CONTENT_SANDBOX: "1" },
    stdio: "ignore",
  });
  const ended = new Promise<void>((resolve) => browser.once("exit", () => resolve()));
  try {
    return await Promise.race([report, ended.then(() => "error: Firefox ended")]);
  } finally {
    browser.kill();
    await ended;
    server.closeAllConnections();
    server.close();
    await rm(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
