// Three cures, six faults: a table whose cells train as one looks, and the training of the one that is chosen.
import type { Mounted, Stage } from "../figure.js";
import { drawCurves } from "./curves.js";
import { COLUMNS, CURES, cureOf, FAULTS } from "./faults.js";
import { arrowOf } from "../parts/arrow-keys.js";
import { type Mark, markOf, RULE } from "./marks.js";
import type { CellMessage, Moment, ToCuresEngine } from "./messages.js";
import { typeset } from "../../../src/text/numbers.js";
import { percent } from "../../look/text.js";
import { h, setText } from "../../look/dom.js";

const MOMENTS: Readonly<Record<Moment, string>> = { sick: "once the fault shows", start: "from the start" };
const SIGNS: Readonly<Record<Mark, readonly [sign: string, words: string]>> = {
  cured: ["✓", "cured"],
  failed: ["✗", "not cured"],
  needless: ["○", "nothing to cure"],
  worse: ["✗", "there was nothing to cure, and it has learned less"],
};
const SPARK_HEIGHT = 26;
const CURVES_HEIGHT = 150;

interface CellView {
  readonly button: HTMLButtonElement;
  readonly canvas: HTMLCanvasElement;
  readonly sign: HTMLElement;
  readonly figures: HTMLElement;
}

export function mount(stage: Stage): Mounted {
  const { root, isSlide } = stage;
  const cells = new Map<string, CellMessage>();
  /** Cells to be drawn anew. */
  const stale = new Set<string>();
  let moment: Moment = "sick";
  let chosen = { row: 0, column: COLUMNS - 1 };
  let width = 0;
  let colours = "";
  const engine = stage.startEngine<ToCuresEngine, CellMessage>(take);

  const nameOf = (row: number, column: number) => `${row} ${column}`;
  const cellAt = (row: number, column: number) => cells.get(`${moment} ${nameOf(row, column)}`);
  const views = new Map<string, CellView>();

  function makeCell(row: number, column: number): HTMLElement {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const sign = h("span", { class: "cure-sign", "aria-hidden": "true" });
    const figures = h("span", { class: "cure-figures" });
    const button = h(
      "button",
      {
        type: "button",
        class: "cure-cell",
        tabindex: "-1",
        onclick: () => choose(row, column),
        onkeydown: (event: KeyboardEvent) => move(event, row, column),
      },
      h("span", { class: "cure-head" }, sign, figures),
      canvas,
    );
    views.set(nameOf(row, column), { button, canvas, sign, figures });
    const isPair = column === CURES.length;
    return h("td", {}, ...(isPair ? [h("span", { class: "cure-pair" }, FAULTS[row].pair.name)] : []), button);
  }

  const legend = h(
    "span",
    { class: "cure-legend" },
    h("span", { class: "accuracy" }, "— accuracy"),
    h("span", { class: "living" }, "- - units alive"),
  );
  const momentButtons = (Object.keys(MOMENTS) as Moment[]).map((each) =>
    h(
      "button",
      { type: "button", "aria-pressed": String(each === moment), onclick: () => setMoment(each) },
      MOMENTS[each],
    ),
  );
  const head = h(
    "tr",
    {},
    h("th", { scope: "col" }, "Fault"),
    ...CURES.map(({ name, what }) => h("th", { scope: "col" }, name, h("span", { class: "cure-what" }, what))),
    h("th", { scope: "col" }, "The pair that fits", h("span", { class: "cure-what" }, FAULTS[0].pair.what)),
  );
  const rows = FAULTS.map(({ name, network }, row) =>
    h(
      "tr",
      {},
      h("th", { scope: "row" }, name, h("span", { class: "cure-what" }, typeset(network))),
      ...Array.from({ length: COLUMNS }, (_, column) => makeCell(row, column)),
    ),
  );
  const scroll = h(
    "div",
    { class: "cure-scroll", tabindex: "0", role: "region", "aria-label": "Faults and cures" },
    h("table", {}, h("thead", {}, head), h("tbody", {}, ...rows)),
  );
  const title = h("p", { class: "cure-title" });
  const curves = h("canvas", { role: "img", "aria-label": "Living units and accuracy, epoch by epoch" });
  const words = h("p");
  const link = h("a", { target: "_blank", rel: "noopener" }, "Open this training in the workshop");
  const noLink = h("p", { class: "small" }, "The workshop has no setting for this one.");
  root.classList.add("cures");
  root.append(
    h("div", { class: "row" }, h("span", {}, "The cure comes"), ...momentButtons, legend),
    h("p", { class: "small cure-more" }, "The table goes on to the right, up to the pair that fits."),
    scroll,
    h("p", { class: "small cure-rule" }, RULE),
    h("div", { class: "cure-chosen" }, title, curves, words, link, noLink),
  );
  engine.post({ kind: "moment", moment });
  choose(chosen.row, chosen.column);

  function setMoment(next: Moment): void {
    moment = next;
    momentButtons.forEach((button, i) => button.setAttribute("aria-pressed", String(Object.keys(MOMENTS)[i] === next)));
    engine.post({ kind: "moment", moment });
    for (const name of views.keys()) stale.add(name);
    stage.requestDraw();
  }

  function choose(row: number, column: number): void {
    const [before, next] = [chosen, { row, column }].map((each) => views.get(nameOf(each.row, each.column))!.button);
    before.removeAttribute("aria-current");
    before.tabIndex = -1; // Tab comes to the chosen cell alone, arrow keys to all
    next.setAttribute("aria-current", "true");
    next.tabIndex = 0;
    chosen = { row, column };
    const outcome = cellAt(row, column)?.outcome;
    if (outcome) stage.say(outcome.verdict);
    stage.requestDraw();
  }

  /** Arrow keys go from cell to cell. */
  function move(event: KeyboardEvent, row: number, column: number): void {
    const arrow = arrowOf(event);
    if (!arrow) return;
    const [right, up] = arrow;
    const next = views.get(nameOf(row - up, column + right));
    if (!next) return;
    event.preventDefault();
    next.button.focus();
  }

  function take(message: CellMessage): void {
    const { row, column } = message;
    cells.set(`${message.moment} ${nameOf(row, column)}`, message);
    if (message.moment !== moment) return;
    stale.add(nameOf(row, column));
    if (column === 0) for (let other = 1; other < COLUMNS; other++) stale.add(nameOf(row, other));
    stage.requestDraw();
    if (message.outcome && row === FAULTS.length - 1 && column === COLUMNS - 1) tellAll();
  }

  function tellAll(): void {
    root.dataset.done = moment;
    const cured = FAULTS.map((_, row) =>
      CURES.filter((_cure, column) => markAt(row, column) === "cured").map(({ name }) => name.toLowerCase()),
    );
    const alone = cured.filter((names) => names.length > 0).length;
    stage.say(`All are trained. One cure alone helps against ${alone} of ${FAULTS.length} faults.`);
  }

  function markAt(row: number, column: number): Mark | undefined {
    const [outcome, untreated] = [cellAt(row, column)?.outcome, cellAt(row, 0)?.outcome];
    return outcome && untreated && markOf(outcome, untreated);
  }

  function drawCell(name: string, cellWidth: number): void {
    const [row, column] = name.split(" ").map(Number);
    const { button, canvas, sign, figures } = views.get(name)!;
    const cell = cellAt(row, column);
    const mark = markAt(row, column);
    button.className = `cure-cell ${mark ?? ""}`;
    setText(sign, mark ? SIGNS[mark][0] : "");
    canvas.hidden = !cell;
    const course = cell?.course;
    const living = cell?.outcome?.living ?? course?.living.at(-1);
    const accuracy = cell?.outcome?.accuracy ?? course?.accuracy.at(-1);
    const isDiverged = cell?.outcome?.diverged ?? false;
    const right = isDiverged ? "diverged" : percent(accuracy ?? 0);
    const figuresText = course ? [`${living}/${course.units} alive`, right] : ["waits"];
    const lines = mark === "needless" ? [SIGNS.needless[1], figuresText.join(", ").replace(" alive", "")] : figuresText;
    figures.replaceChildren(...lines.flatMap((line, i) => (i === 0 ? [line] : [h("br"), line])));
    const cure = cureOf(FAULTS[row], column).name;
    button.setAttribute(
      "aria-label",
      `${FAULTS[row].name}, ${cure}: ${figuresText.join(", ")}${mark ? `, ${SIGNS[mark][1]}` : ""}`,
    );
    if (course) drawCurves(canvas, course, { width: cellWidth, height: SPARK_HEIGHT, type: 0 });
  }

  function drawChosen(): void {
    const { row, column } = chosen;
    const cell = cellAt(row, column);
    const mark = markAt(row, column);
    const cure = cureOf(FAULTS[row], column).name;
    setText(
      title,
      `${FAULTS[row].name}: ${cure.toLowerCase()}, ${MOMENTS[moment]}${mark ? `. ${SIGNS[mark].join(" ")}` : ""}`,
    );
    const size = isSlide ? 18 : 14;
    if (cell)
      drawCurves(curves, cell.course, { width: Math.min(720, root.clientWidth), height: CURVES_HEIGHT, type: size });
    const outcome = cell?.outcome;
    setText(words, outcome ? outcomeText(outcome) : "It has not been trained yet.");
    link.hidden = outcome?.link === undefined;
    noLink.hidden = !outcome || outcome.link !== undefined;
    if (outcome?.link !== undefined) link.setAttribute("href", `../../workshop/#${outcome.link}`);
  }

  function outcomeText({ living, units, verdict, diverged }: NonNullable<CellMessage["outcome"]>): string {
    return `${living} of ${units} units are alive at the end. ${diverged ? "The training diverged." : verdict}`;
  }

  function draw(): void {
    const theme = getComputedStyle(root).color;
    if (root.clientWidth !== width || theme !== colours) for (const name of views.keys()) stale.add(name);
    [width, colours] = [root.clientWidth, theme];
    const cellWidth = Math.max(60, views.get(nameOf(0, 0))!.button.clientWidth - 12); // all have the same
    for (const name of stale) drawCell(name, cellWidth);
    stale.clear();
    drawChosen();
  }

  return { draw };
}
