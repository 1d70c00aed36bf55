// The browsers that tests drive: those on the PATH, as Debian's packages install them.
import { execFileSync } from "node:child_process";

/** Set, and neither "false" nor "0". */
export const isContinuousIntegration = (): boolean => !["", "false", "0"].includes(process.env["CI"] ?? "");

/**
 * The path of a program, or undefined where there is none. In CI its absence is an error: no test may be left out
 * there.
 */
export function findProgram(name: string, inCI = isContinuousIntegration()): string | undefined {
  try {
    return execFileSync("sh", ["-c", 'command -v "$0"', name], { encoding: "utf8" }).trim();
  } catch {
    if (inCI)
      throw new Error(
        `${name} is not on the PATH, and CI leaves no test out: install it, e.g. apt-get install ${name}`,
      );
    return undefined;
  }
}

/** Without windows where that is to be had: it takes less than half of the processor's time for the same page. */
export const findChromium = (): string | undefined =>
  findProgram("chromium-headless-shell", false) ?? findProgram("chromium");
export const findFirefox = (): string | undefined => findProgram("firefox-esr");

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
