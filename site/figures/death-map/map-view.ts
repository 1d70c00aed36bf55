// The map on a canvas: cells in shades, walls as lines, the recipe's own setting as a ring, the chosen cell in a frame.
// It is moved over by pointer or arrow keys.
import type { MapPicture } from "./messages.js";
import { arrowOf } from "../parts/arrow-keys.js";
import { cellTitle, fillCoarse, shareReader } from "../../../src/sweep/map/look.js";
import { axisWord, ownPlace } from "../../../src/sweep/map/words.js";
import type { MapCell, WallPoint } from "../../../src/sweep/map/types.js";
import { mean } from "../../../src/core/statistics.js";
import { formatNumber, typeset } from "../../../src/text/numbers.js";
import { h, prepare } from "../../look/dom.js";
import { palette, parseColour, rampColour } from "../../look/palette.js";

export type Reading = "dead" | "score";

export interface Place {
  readonly column: number;
  readonly row: number;
}

export interface MapViewOptions {
  /** Beside "a map of ...". */
  readonly label: string;
  /** A quarter larger type. */
  readonly isLarge?: boolean;
  /** A cell was clicked, or Enter was pressed on it. */
  readonly onChoose: (place: Place) => void;
  /** The pointer, or the arrow keys, came to a cell; undefined: it has left. */
  readonly onPoint: (place: Place | undefined) => void;
}

export interface MapView {
  readonly element: HTMLElement;
  show(picture: MapPicture): void;
  choose(place: Place): void;
  setReading(reading: Reading): void;
  /** @param width of the place for it in pixels; @param most of its height */
  draw(width: number, most: number): void;
}

const MOST_CELL = 34;
/** Room between two labels of an axis. */
const LABEL_GAP = 10;
const HALF = 0.5;

interface Frame {
  readonly left: number;
  readonly top: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly columns: number;
  readonly rows: number;
}

const label = (value: unknown): string => typeset(typeof value === "number" ? formatNumber(value, 3) : String(value));
/** `Learning rate`, `Starting bias` */
const AXES: Readonly<Record<string, string>> = { learningRate: "learning rate", bias: "starting bias" };
const axisName = (name: string): string => AXES[name] ?? axisWord(name);

const rgb = (colour: ArrayLike<number>): string => `rgb(${colour[0]} ${colour[1]} ${colour[2]})`;

/** Living units glow, as those beside the map, and dead ones are as dark as those. */
function deathColour(share: number): string {
  const [living, dead] = [rampColour(1), parseColour(palette().dead)];
  return rgb(dead.map((end, channel) => living[channel] + (end - living[channel]) * share));
}

/** In words, as a pointer and a screen reader have it. */
export function wordsOf(picture: MapPicture, { column, row }: Place): string {
  const cell = picture.cells.find((each) => each.column === column && each.row === row);
  if (cell) return typeset(cellTitle(picture, cell));
  const [rate, bias] = [picture.x.values[column], picture.y?.values[row]];
  return typeset(
    `${axisWord(picture.x.name)} ${label(rate)}, ${axisWord(picture.y!.name)} ${label(bias)}: not trained yet`,
  );
}

export function createMapView({ label: name, isLarge = false, onChoose, onPoint }: MapViewOptions): MapView {
  const canvas = h("canvas", { "aria-hidden": "true" });
  const element = h(
    "div",
    {
      class: "map-of-death",
      tabindex: "0",
      role: "application",
      "aria-roledescription": "map",
      "aria-label": `${name}. The arrow keys go from cell to cell, Enter trains the cell's network.`,
    },
    canvas,
  );
  const size = isLarge ? 18 : 14;
  let picture: MapPicture | undefined;
  let frame: Frame | undefined;
  let reading: Reading = "dead";
  let cursor: Place | undefined;
  let pointed: Place | undefined;

  function frameFor(width: number, most: number, { x, y }: MapPicture): Frame {
    const [left, top, right, below] = [size * 3.4, size * 1.8, size, size * 3.2];
    const [columns, rows] = [x.values.length, y!.values.length];
    const cellWidth = Math.min(MOST_CELL * 1.4, (width - left - right) / columns);
    const cellHeight = Math.max(8, Math.min(MOST_CELL, cellWidth, (most - top - below) / rows));
    return { left, top, cellWidth, cellHeight, columns, rows };
  }

  /** The middle of a place between the cells. */
  const xOf = ({ left, cellWidth }: Frame, column: number) => left + (column + HALF) * cellWidth;
  const yOf = ({ top, cellHeight, rows }: Frame, row: number) => top + (rows - row - HALF) * cellHeight;

  function draw(width: number, most: number): void {
    if (!picture?.y || width < 50) return;
    frame = frameFor(width, most, picture);
    const height = frame.top + frame.rows * frame.cellHeight + size * 3.2;
    const context = prepare(canvas, width, height);
    context.font = `${size}px system-ui, sans-serif`;
    drawCells(context, frame, picture);
    drawAxes(context, frame, picture);
    drawWalls(context, frame, picture);
    drawRegions(context, frame, picture);
    drawOwn(context, frame, picture);
    for (const place of [pointed, cursor]) if (place) drawFrame(context, frame, place, place === cursor);
  }

  function drawCells(context: CanvasRenderingContext2D, at: Frame, map: MapPicture): void {
    const read = shareReader(map, reading);
    const find = fillCoarse(map);
    const colour = reading === "dead" ? deathColour : (share: number) => rgb(rampColour(-share));
    for (let row = 0; row < at.rows; row++)
      for (let column = 0; column < at.columns; column++) {
        const cell = find(column, row);
        if (!cell) continue;
        const share = read(cell);
        const [x, y] = [at.left + column * at.cellWidth, at.top + (at.rows - row - 1) * at.cellHeight];
        context.fillStyle = colour(share ?? 0);
        context.fillRect(x, y, Math.ceil(at.cellWidth), Math.ceil(at.cellHeight));
        if (share === undefined) drawCross(context, x + at.cellWidth / 2, y + at.cellHeight / 2);
      }
    context.strokeStyle = palette().line;
    context.lineWidth = 1;
    context.strokeRect(at.left - 0.5, at.top - 0.5, at.columns * at.cellWidth + 1, at.rows * at.cellHeight + 1);
  }

  function drawCross(context: CanvasRenderingContext2D, x: number, y: number): void {
    context.strokeStyle = palette().muted;
    context.lineWidth = 1.5;
    context.beginPath();
    for (const way of [1, -1]) {
      context.moveTo(x - 3, y - 3 * way);
      context.lineTo(x + 3, y + 3 * way);
    }
    context.stroke();
  }

  function drawAxes(context: CanvasRenderingContext2D, at: Frame, { x, y }: MapPicture): void {
    context.fillStyle = palette().muted;
    context.textBaseline = "top";
    context.textAlign = "center";
    const bottom = at.top + at.rows * at.cellHeight + 5;
    const names = x.values.map(label);
    const widest = Math.max(...names.map((text) => context.measureText(text).width));
    const across = Math.ceil((widest + LABEL_GAP) / at.cellWidth);
    names.forEach((text, column) => column % across === 0 && context.fillText(text, xOf(at, column), bottom));
    context.textBaseline = "middle";
    context.textAlign = "right";
    const every = Math.ceil((size * 1.3) / at.cellHeight);
    y!.values.forEach((value, row) => {
      if (row % every === 0) context.fillText(label(value), at.left - 6, yOf(at, row));
    });
    context.fillStyle = palette().ink;
    context.textBaseline = "alphabetic";
    context.fillText(`${axisName(x.name)} →`, at.left + at.columns * at.cellWidth, bottom + size * 2.3);
    context.textAlign = "left";
    context.fillText(`↑ ${axisName(y!.name)}`, 2, at.top - size * 0.6);
  }

  function drawWalls(context: CanvasRenderingContext2D, at: Frame, { walls }: MapPicture): void {
    const trace = (line: readonly WallPoint[]) => {
      context.beginPath();
      line.forEach(({ column, row }, i) =>
        i === 0 ? context.moveTo(xOf(at, column), yOf(at, row)) : context.lineTo(xOf(at, column), yOf(at, row)),
      );
      context.stroke();
    };
    context.lineJoin = "round";
    walls.forEach(({ lines }, level) => {
      context.setLineDash([]);
      context.strokeStyle = palette().paper;
      context.lineWidth = 4;
      lines.forEach(trace);
      context.setLineDash(level === 0 ? [] : [6, 4]);
      context.strokeStyle = palette().ink;
      context.lineWidth = 2;
      lines.forEach(trace);
    });
    context.setLineDash([]);
  }

  /** What half of the units and more are dead of, written over the middle of those cells. */
  function drawRegions(context: CanvasRenderingContext2D, at: Frame, { cells, isWhole }: MapPicture): void {
    if (!isWhole || reading !== "dead") return;
    const dead = cells.filter((cell) => (cell.dead ?? 0) >= HALF);
    const wasBorn = ({ born = 0, dead: share }: MapCell) => born >= HALF * share!;
    const regions = [
      [["born dead"], dead.filter(wasBorn)],
      [["died in training", "died"], dead.filter((cell) => !wasBorn(cell))],
    ] as const;
    context.textBaseline = "middle";
    context.textAlign = "center";
    for (const [names, own] of regions) {
      if (own.length < cells.length / 20) continue;
      const columns = new Set(own.map(({ column }) => column)).size;
      const widthOf = (text: string) => context.measureText(text).width + 12;
      const text = names.find((each) => widthOf(each) < 0.7 * columns * at.cellWidth) ?? names[names.length - 1];
      const half = widthOf(text) / 2;
      const right = at.left + at.columns * at.cellWidth - half - 4;
      const x = Math.min(right, Math.max(at.left + half + 4, xOf(at, mean(own.map(({ column }) => column)))));
      const y = yOf(at, mean(own.map(({ row }) => row)));
      context.fillStyle = palette().paper;
      context.beginPath();
      context.roundRect(x - half, y - size * 0.85, 2 * half, size * 1.7, 4);
      context.fill();
      context.fillStyle = palette().ink;
      context.fillText(text, x, y + 1);
    }
  }

  function drawOwn(context: CanvasRenderingContext2D, at: Frame, map: MapPicture): void {
    const own = ownPlace(map);
    if (!own) return;
    for (const [colour, width] of [
      [palette().paper, 5],
      [palette().ink, 2],
    ] as const) {
      context.strokeStyle = colour;
      context.lineWidth = width;
      context.beginPath();
      context.arc(xOf(at, own.column), yOf(at, own.row), Math.min(at.cellWidth, at.cellHeight) / 3, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  function drawFrame(context: CanvasRenderingContext2D, at: Frame, { column, row }: Place, isChosen: boolean): void {
    const [x, y] = [at.left + column * at.cellWidth, at.top + (at.rows - row - 1) * at.cellHeight];
    if (isChosen) {
      context.strokeStyle = palette().paper;
      context.lineWidth = 5;
      context.strokeRect(x - 0.5, y - 0.5, at.cellWidth + 1, at.cellHeight + 1);
    }
    context.strokeStyle = isChosen ? palette().accent : palette().ink;
    context.lineWidth = isChosen ? 3 : 1;
    context.strokeRect(x - 0.5, y - 0.5, at.cellWidth + 1, at.cellHeight + 1);
  }

  function placeAt({ clientX, clientY }: MouseEvent): Place | undefined {
    if (!frame) return undefined;
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((clientX - box.left - frame.left) / frame.cellWidth);
    const row = frame.rows - 1 - Math.floor((clientY - box.top - frame.top) / frame.cellHeight);
    return column >= 0 && column < frame.columns && row >= 0 && row < frame.rows ? { column, row } : undefined;
  }

  function point(place: Place | undefined): void {
    if (place?.column === pointed?.column && place?.row === pointed?.row) return;
    pointed = place;
    onPoint(place);
  }

  canvas.addEventListener("pointermove", (event) => point(placeAt(event)));
  canvas.addEventListener("pointerleave", () => point(undefined));
  canvas.addEventListener("click", (event) => {
    const place = placeAt(event);
    if (!place) return;
    cursor = place;
    onChoose(place);
  });
  element.addEventListener("keydown", (event) => {
    if (!picture?.y) return;
    const { column, row } = pointed ?? cursor ?? { column: 0, row: 0 };
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      cursor = { column, row };
      return onChoose(cursor);
    }
    const arrow = arrowOf(event);
    if (!arrow) return;
    event.preventDefault();
    const within = (value: number, count: number) => Math.max(0, Math.min(count - 1, value));
    const [across, up] = arrow;
    point({ column: within(column + across, picture.x.values.length), row: within(row + up, picture.y.values.length) });
  });
  element.addEventListener("blur", () => point(undefined));

  return {
    element,
    show: (next) => void (picture = next),
    choose: (place) => void (cursor = place),
    setReading: (next) => void (reading = next),
    draw,
  };
}
