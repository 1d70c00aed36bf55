// A web server for one folder. Its headers make a page cross-origin isolated and allow it nothing from elsewhere.
import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

const TYPES = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".bin": "application/octet-stream",
  ".png": "image/png",
};
const HEADERS = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Content-Security-Policy":
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self' data:",
  "Cache-Control": "no-cache",
};

/** The file below the folder that an address means; undefined for one that means none. */
function fileOf(folder, url) {
  try {
    const path = normalize(decodeURIComponent(new URL(url, "http://localhost").pathname)).replace(/\/$/, "/index.html");
    const file = join(folder, path);
    return file.startsWith(join(folder, "/")) ? file : undefined;
  } catch {
    return undefined; // no address at all
  }
}

/**
 * @param {string} folder
 * @param {number} port 0: any
 * @returns {Promise<import("node:http").Server>}
 */
export function serve(folder, port) {
  const server = createServer(({ url }, response) => {
    const file = fileOf(folder, url);
    if (!file || !existsSync(file) || !statSync(file).isFile()) {
      response.writeHead(404, { "content-type": "text/plain" }).end("not found");
      return;
    }
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", ...HEADERS });
    createReadStream(file).pipe(response);
  });
  return new Promise((resolve, reject) => {
    server.once("error", (error) =>
      reject(error.code === "EADDRINUSE" ? new Error(`port ${port} is in use; ask for another with --port N`) : error),
    );
    server.listen(port, "localhost", () => resolve(server));
  });
}
