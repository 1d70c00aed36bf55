import { describe, expect, it } from "vitest";
import { markupFault, OUTSIDE } from "./markup.js";

describe("the check of markup sees", () => {
  it.each(["<p>", "<p></div>", "<svg><g></svg></g>", "<p>a < b</p>"])("%s", (markup) =>
    expect(markupFault(markup)).toBeDefined(),
  );
});

describe("the check of what is asked for sees", () => {
  it.each(['<a href="x">', '<img src="//x">', '<p onclick="x">', "<style>a{b:url(x)}", "<script>", "http://x"])(
    "%s",
    (markup) => expect(markup.match(OUTSIDE)).not.toBeNull(),
  );
  it.each(['<a href="#x">', '<img src="data:,">', "<p>on and on</p>"])("and not %s", (markup) =>
    expect(markup.match(OUTSIDE)).toBeNull(),
  );
});
