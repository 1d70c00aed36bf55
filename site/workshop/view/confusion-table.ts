// The confusion table of the held-out rows, and some of the images that were given another class.
import type { Frame, Started } from "../engine/types.js";
import { h, indexOfLargest, prepare } from "../../look/dom.js";
import { palette } from "../../look/palette.js";

const SHOWN = 6;
const SIDE = 36;

/** A row that was given another class. */
interface Miss {
  readonly row: number;
  readonly truth: number;
  readonly answer: number;
}

function countAnswers({ outputs }: Frame, { task }: Started): { counts: number[][]; misses: Miss[] } {
  const classes = task.classes.length;
  const width = classes === 2 ? 1 : classes;
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  const misses: Miss[] = [];
  task.heldOut.y.forEach((truth, row) => {
    const given = outputs.subarray(row * width, (row + 1) * width);
    const answer = width === 1 ? Number(given[0] > 0.5) : indexOfLargest(given);
    counts[truth][answer]++;
    if (answer !== truth) misses.push({ row, truth, answer });
  });
  return { counts, misses };
}

export function drawConfusionTable(to: HTMLElement, frame: Frame, started: Started): void {
  const { classes, imageSide } = started.task;
  const { counts, misses } = countAnswers(frame, started);
  const head = h("tr", {}, h("td"), ...classes.map((name) => h("th", { scope: "col" }, name.slice(0, 6))));
  const body = counts.map((row, truth) => {
    const total = row.reduce((sum, value) => sum + value, 0) || 1;
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, classes[truth].slice(0, 6)),
      ...row.map((value, answer) => {
        if (value === 0) return h("td");
        return h("td", { style: `background: ${shade(value / total, answer === truth)}` }, String(value));
      }),
    );
  });
  const table = h(
    "table",
    { class: "confusion" },
    h(
      "caption",
      { class: "unseen" },
      "Held-out samples: rows are the true class, columns the class that the network gives",
    ),
    head,
    ...body,
  );
  to.replaceChildren(table, ...(imageSide ? drawMisses(misses, started) : []));
}

/** Blue for right, orange for wrong, the fuller the larger its share of the row. */
function shade(share: number, isRight: boolean): string {
  return isRight ? `rgb(0 114 178 / ${0.08 + 0.3 * share})` : `rgb(230 159 0 / ${0.2 + 0.5 * share})`;
}

function drawMisses(misses: readonly Miss[], started: Started): HTMLElement[] {
  const title = h(
    "p",
    { class: "small" },
    misses.length === 0 ? "No image is given another class." : `${misses.length} are given another class, such as`,
  );
  const images = misses.slice(0, SHOWN).map((miss) => {
    const canvas = h("canvas", { role: "img", "aria-label": `a ${miss.truth} classified as a ${miss.answer}` });
    drawImage(canvas, miss.row, started);
    return h("span", { class: "small" }, canvas, `${miss.truth} → ${miss.answer}`);
  });
  return [title, h("div", { class: "bars" }, ...images)];
}

function drawImage(canvas: HTMLCanvasElement, row: number, { task: { heldOut, imageSide } }: Started): void {
  const context = prepare(canvas, SIDE, SIDE);
  const side = imageSide!;
  context.fillStyle = palette().ink;
  for (let i = 0; i < side * side; i++) {
    context.globalAlpha = heldOut.x.data[row * side * side + i];
    context.fillRect(
      (i % side) * (SIDE / side),
      Math.floor(i / side) * (SIDE / side),
      SIDE / side + 0.3,
      SIDE / side + 0.3,
    );
  }
}
