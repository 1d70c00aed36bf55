// Finds the Chromium that the browser tests drive: the one on the PATH, as Debian's package installs it.
import { execFileSync } from "node:child_process";

/**
 * The path of `chromium`, or undefined where there is none. In CI its absence is an error: no test may be left out
 * there.
 */
export function findChromium(): string | undefined {
  try {
    return execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim();
  } catch {
    if (process.env.CI === "true")
      throw new Error(
        "chromium is not on the PATH, and CI leaves no test out: install it, e.g. apt-get install chromium",
      );
    return undefined;
  }
}

/** Switches for a headless run in a container: no sandbox, no graphics card, no traffic of its own. */
export const CHROMIUM_ARGUMENTS: readonly string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The two headers that make a page cross-origin isolated: shared memory and precise clocks need them. */
export const ISOLATION_HEADERS: Readonly<Record<string, string>> = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};
