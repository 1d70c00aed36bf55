// Numbers for people are written by src/text alone.
import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** What writes numbers in a way of its own, and the minus sign that only typeset puts. Comments don't count. */
function ownWays(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "");
  return code.match(/\.(toFixed|toPrecision|toExponential|toLocaleString)\b|\bIntl\.|\u2212(?=[\d.$])|\\u2212/g) ?? [];
}

describe("src/ and site/ write numbers by src/text alone", () => {
  const root = new URL("../../", import.meta.url);
  const paths = ["src/", "site/"].flatMap((folder) =>
    readdirSync(new URL(folder, root), { recursive: true, encoding: "utf8" })
      .filter((path) => /\.(ts|mjs|js|html)$/.test(path))
      .map((path) => folder + path),
  );
  const found = (path: string): string[] => ownWays(readFileSync(new URL(path, root), "utf8"));

  it("with no other way", () => {
    expect(paths.length).toBeGreaterThan(100);
    const others = paths.filter((path) => !path.startsWith("src/text/") && found(path).length > 0);
    expect(others).toEqual([]);
  });

  it("and the check sees other ways", () => {
    expect(found("src/text/numbers.ts").length).toBeGreaterThan(3);
    expect(ownWays("x.toFixed(1); // y.toFixed(2)")).toEqual([".toFixed"]);
    expect(ownWays("value.toPrecision(3) + value.toExponential(1) + value.toLocaleString('en')")).toHaveLength(3);
    expect(ownWays("`\u2212${x}` + '\u22125'")).toHaveLength(2);
    expect(ownWays("/** x.toFixed(1) */ const toFixed = 1;")).toEqual([]);
  });
});
