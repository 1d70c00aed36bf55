// What pages show in Debian's firefox-esr, headless. Playwright drives none but its own build of Firefox, so a page
// itself reports: a script at the end of it posts its text, or its first error, to the server that it came from, and
// goes on to the page that the answer names. A start of Firefox takes longer than what a page does.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { TYPES } from "./pages.js";

const REPORT = `<script>
  let isTold = false;
  async function report(text) {
    if (isTold) return;
    isTold = true;
    location.replace(await (await fetch("/report", { method: "POST", body: text })).text());
  }
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

type Headers = Readonly<Record<string, string>>;

export interface Firefox {
  /** What a page of a folder shows in the end, its files sent with these headers; one at a time. */
  show(folder: string, path: string, headers: Headers): Promise<string>;
  close(): Promise<void>;
}

/** The files of a folder, each page with the script at its end, until it has reported. */
async function serve(folder: string, headers: Headers) {
  let told = (_text: string, _answer: ServerResponse) => {};
  const report = new Promise<{ text: string; answer: ServerResponse }>((resolve) => {
    told = (text, answer) => resolve({ text, answer });
  });
  const server = createServer(async (request, response) => {
    if (request.method === "POST") return told((await request.toArray()).join(""), response);
    const file = join(folder, new URL(request.url!, "http://localhost").pathname);
    const body = await readFile(file).catch(() => undefined);
    if (body === undefined) return response.writeHead(404).end();
    const shown = extname(file) === ".html" ? body.toString() + REPORT : body;
    return response
      .writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", ...headers })
      .end(shown);
  });
  await new Promise<void>((resolve) => server.listen(0, "localhost", resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
  };
  return { origin: `http://localhost:${(server.address() as AddressInfo).port}`, report, close };
}

/** It starts with its first page. */
export async function openFirefox(program: string): Promise<Firefox> {
  const profile = await mkdtemp(join(tmpdir(), "relumine-firefox-"));
  await writeFile(
    join(profile, "user.js"),
    Object.entries(PREFERENCES)
      .map(([name, value]) => `user_pref("${name}", ${JSON.stringify(value)});\n`)
      .join(""),
  );
  const servers: (() => void)[] = [];
  let browser: ChildProcess | undefined;
  let ended = Promise.resolve();
  let goOn = (url: string): void => {
    browser = spawn(program, ["--headless", "--no-remote", "--profile", profile, url], {
      env: { ...process.env, HOME: profile, MOZ_DISABLE_CONTENT_SANDBOX: "1" },
      stdio: "ignore",
    });
    ended = new Promise((resolve) => browser!.once("exit", () => resolve()));
  };
  return {
    async show(folder, path, headers) {
      const { origin, report, close } = await serve(folder, headers);
      servers.push(close);
      goOn(origin + path);
      const found = await Promise.race([report, ended.then(() => undefined)]);
      if (found === undefined) return "error: Firefox ended";
      goOn = (url) => void found.answer.end(url);
      return found.text;
    },
    async close() {
      browser?.kill();
      await ended;
      for (const close of servers) close();
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
