// One picture as an SVG file of its own: its style inside, on paper of its own, its title above.
import { WIDTH } from "./svg/frame.js";
import { toMarkup } from "./markup.js";
import { PICTURE_STYLE } from "./page-style.js";
import { type Plot, plotToSvg } from "./plot.js";

const MARGIN = 12;
const TITLE = 30;
/** Pixels of a unit, where nobody says how large it is to be. */
const SCALE = 2;

/** @example pictureFile({ kind: "bars", title, axis, bars }) */
export function pictureFile(plot: Plot): string {
  const inner = plotToSvg(plot);
  const height = Number(/viewBox="0 0 \d+ (\d+)"/.exec(inner)?.[1] ?? WIDTH);
  const [width, all] = [WIDTH + 2 * MARGIN, height + TITLE + 2 * MARGIN];
  const picture = inner.replace(
    "<svg ",
    `<svg x="${MARGIN}" y="${MARGIN + TITLE}" width="${WIDTH}" height="${height}" `,
  );
  const size = `viewBox="0 0 ${width} ${all}" width="${width * SCALE}" height="${all * SCALE}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size}>
<title>${toMarkup(plot.title)}</title>
<style>${PICTURE_STYLE}svg text.heading{font-size:14px;font-weight:600}</style>
<rect width="${width}" height="${all}" style="fill:var(--paper)"/>
<text x="${MARGIN}" y="${MARGIN + 14}" class="heading">${toMarkup(plot.title)}</text>
${picture}
</svg>
`;
}
