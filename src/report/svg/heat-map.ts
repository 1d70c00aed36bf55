// A map of cells: the darker (in the dark: the lighter) the more, marks for kinds, lines for walls, a ring for one
// place. Nothing is told by colour alone: walls have names, kinds have shapes, each cell has words, and a legend is
// below.
//   places are columns from the left and rows from the bottom, 0 in the middle of the first cell
import { line, picture, text, textWidth, WIDTH } from "./frame.js";
import { tenth } from "./scale.js";
import { toMarkup } from "../markup.js";

export interface HeatCell {
  readonly column: number;
  readonly row: number;
  /** 0 to 1; absent: not known. */
  readonly share?: number;
  /** Its figures in words; "": another picture beside this one has them. */
  readonly title: string;
  /** For the table. */
  readonly text: string;
  /** Index in `kinds`. */
  readonly kind?: number;
  /** A dot in its middle. */
  readonly isDotted?: boolean;
  /** A cross: there is nothing to show. */
  readonly isFailed?: boolean;
}

export interface HeatAxis {
  readonly label: string;
  /** Of all columns or rows, for the table. */
  readonly names: readonly string[];
  readonly ticks: readonly { readonly place: number; readonly text: string }[];
}

export interface HeatMap {
  readonly kind: "heat";
  readonly title: string;
  readonly x: HeatAxis;
  readonly y: HeatAxis;
  readonly cells: readonly HeatCell[];
  /** What the shades' ends are; absent: cells have kinds. */
  readonly ends?: readonly [low: string, high: string];
  readonly tone: "orange" | "blue";
  /** What shapes mean. */
  readonly kinds?: readonly string[];
  readonly walls: readonly {
    readonly name: string;
    readonly lines: readonly (readonly (readonly [column: number, row: number])[])[];
  }[];
  readonly own?: { readonly column: number; readonly row: number; readonly name: string };
  /** What a dot means, and a cross. */
  readonly dots?: string;
  readonly crosses?: string;
}

const TOP = 26;
const HIGHEST = 340;
const LOWEST = 120;
const LEGEND_LINE = 20;
const RAMP = [0, 0.25, 0.5, 0.75, 1];
const SWATCH = 16;

/** Shapes in a square of 1 by 1. */
const SHAPES = [
  "M.2 .2h.6v.6h-.6z",
  "M.5 .1L.9 .85H.1z",
  "M.1 .4h.8v.2h-.8z",
  "M.5 .05L.95 .5L.5 .95L.05 .5z",
  "M.4 .1h.2v.8h-.2z",
  "M.15 .15h.25v.7h-.25zm.45 0h.25v.7h-.25z",
  "M.1 .1h.8L.5 .9z",
  "M.4 .4h.2v.2h-.2z",
];

interface Frame {
  readonly left: number;
  readonly width: number;
  readonly height: number;
  /** Of a cell. */
  readonly across: number;
  readonly up: number;
  x(column: number): number;
  y(row: number): number;
}

function frameOf({ x, y }: HeatMap): Frame {
  const left = Math.ceil(Math.max(...y.ticks.map((tick) => textWidth(tick.text)), 8)) + 10;
  const width = WIDTH - 10 - left;
  const [columns, rows] = [x.names.length, y.names.length];
  const height = Math.max(LOWEST, Math.min(HIGHEST, (width * rows) / columns));
  const [across, up] = [width / columns, height / rows];
  return {
    left,
    width,
    height,
    across,
    up,
    x: (column) => tenth(left + (column + 0.5) * across),
    y: (row) => tenth(TOP + height - (row + 0.5) * up),
  };
}

const toOpacity = (share: number): string => String(Math.round(100 * Math.max(0, Math.min(1, share))) / 100);

const rect = (x: number, y: number, width: number, height: number, kind: string, more = "", inside = ""): string =>
  `<rect x="${tenth(x)}" y="${tenth(y)}" width="${tenth(width)}" height="${tenth(height)}" class="${kind}"${more}` +
  (inside === "" ? "/>" : `>${inside}</rect>`);

const shape = (kind: number, x: number, y: number, width: number, height: number): string =>
  `<path d="${SHAPES[kind % SHAPES.length]}" transform="translate(${tenth(x)} ${tenth(y)}) ` +
  `scale(${tenth(width)} ${tenth(height)})" class="heat-kind"/>`;

/** Where cells have kinds their shapes are as large as their shares, and shades stay light. */
const KIND_SHADE = 0.2;
const SMALLEST_KIND = 0.3;

function drawCell(cell: HeatCell, frame: Frame, { tone, kinds = [] }: HeatMap): string {
  const { share = 0 } = cell;
  const [x, y] = [frame.x(cell.column), frame.y(cell.row)];
  const [across, up] = [frame.across, frame.up];
  const opacity = ` fill-opacity="${toOpacity(kinds.length > 0 ? KIND_SHADE * share : share)}"`;
  const [left, right] = [cell.column, cell.column + 1].map((edge) => tenth(frame.left + edge * across));
  const [top, bottom] = [cell.row + 1, cell.row].map((edge) => tenth(TOP + frame.height - edge * up));
  const size = Math.min(across, up);
  const side = size * Math.max(SMALLEST_KIND, Math.sqrt(share));
  return [
    rect(
      left,
      top,
      right - left,
      bottom - top,
      `heat ${tone}`,
      opacity,
      cell.title === "" ? "" : `<title>${toMarkup(cell.title)}</title>`,
    ),
    cell.kind === undefined ? "" : shape(cell.kind, x - side / 2, y - side / 2, side, side),
    cell.isFailed ? cross(x, y, Math.min(5, size * 0.3)) : "",
    cell.isDotted
      ? `<circle cx="${x}" cy="${y}" r="${tenth(Math.max(1, Math.min(3, size * 0.14)))}" class="heat-dot"/>`
      : "",
  ].join("");
}

const cross = (x: number, y: number, half: number): string =>
  `<path d="M${tenth(x - half)} ${tenth(y - half)}L${tenth(x + half)} ${tenth(y + half)}` +
  `M${tenth(x + half)} ${tenth(y - half)}L${tenth(x - half)} ${tenth(y + half)}" class="heat-cross"/>`;

/** Over a stroke of the paper's colour, so that it is seen on any shade. */
function drawWalls({ walls }: HeatMap, frame: Frame): string {
  return walls
    .map(({ lines }, index) => {
      const d = lines
        .map((each) => `M${each.map(([column, row]) => `${frame.x(column)} ${frame.y(row)}`).join("L")}`)
        .join("");
      return d === "" ? "" : `<path d="${d}" class="wall-under"/><path d="${d}" class="wall w${index}"/>`;
    })
    .join("");
}

const ring = (x: number, y: number): string =>
  `<circle cx="${x}" cy="${y}" r="6" class="own-under"/><circle cx="${x}" cy="${y}" r="6" class="own"/>` +
  `<circle cx="${x}" cy="${y}" r="1.5" class="own-middle"/>`;

function drawAxes({ x, y }: HeatMap, frame: Frame): string[] {
  const bottom = TOP + frame.height;
  const last = x.ticks.length - 1;
  return [
    text(2, 14, y.label, { kind: "axis" }),
    ...y.ticks.map((tick) => text(frame.left - 6, frame.y(tick.place) + 4, tick.text, { anchor: "end", kind: "tick" })),
    ...x.ticks.map((tick, i) => {
      const at = frame.x(tick.place);
      const isEnd = i === last && at + textWidth(tick.text) / 2 > WIDTH;
      const place = text(isEnd ? WIDTH : at, bottom + 17, tick.text, {
        anchor: isEnd ? "end" : "middle",
        kind: "tick",
      });
      return line(at, bottom, at, bottom + 4, "base") + place;
    }),
    text(frame.left + frame.width / 2, bottom + 34, x.label, { anchor: "middle", kind: "axis" }),
    rect(frame.left, TOP, frame.width, frame.height, "heat-frame"),
  ];
}

type Entry = (y: number) => string;

/** What all marks mean, a line each. */
function legendOf(map: HeatMap): Entry[] {
  const { ends, kinds = [], walls, own, dots, crosses, tone } = map;
  const words = (y: number, content: string) => text(30, y + 4, content);
  const ramp: Entry = (y) =>
    [
      text(2, y + 4, ends![0]),
      ...RAMP.map((share, i) =>
        rect(
          10 + textWidth(ends![0]) + i * SWATCH,
          y - 7,
          SWATCH,
          14,
          `heat swatch ${tone}`,
          ` fill-opacity="${toOpacity(share)}"`,
        ),
      ),
      text(18 + textWidth(ends![0]) + RAMP.length * SWATCH, y + 4, ends![1]),
    ].join("");
  return [
    ...(ends ? [ramp] : []),
    ...kinds.map(
      (name, kind): Entry =>
        (y) =>
          shape(kind, 6, y - 7, 14, 14) + words(y, name),
    ),
    ...walls.flatMap(({ name, lines }, index): Entry[] =>
      lines.length === 0 ? [] : [(y) => line(2, y, 24, y, `wall w${index}`) + words(y, name)],
    ),
    ...(own ? [(y: number) => ring(13, y) + words(y, own.name)] : []),
    ...(dots === undefined
      ? []
      : [(y: number) => `<circle cx="13" cy="${y}" r="2" class="heat-dot"/>` + words(y, dots)]),
    ...(crosses === undefined ? [] : [(y: number) => cross(13, y, 4) + words(y, crosses)]),
  ];
}

export function heatToSvg(map: HeatMap): string {
  const frame = frameOf(map);
  const entries = legendOf(map);
  const first = TOP + frame.height + 58;
  return picture(map.title, Math.ceil(first + entries.length * LEGEND_LINE - 6), [
    ...drawAxes(map, frame),
    ...map.cells.map((cell) => drawCell(cell, frame, map)),
    drawWalls(map, frame),
    ...(map.own ? [ring(frame.x(map.own.column), frame.y(map.own.row))] : []),
    ...entries.map((entry, i) => entry(first + i * LEGEND_LINE)),
  ]);
}

/** Rows from the top, as in the picture. */
export function heatTable({ x, y, cells }: HeatMap): { header: string[]; rows: string[][] } {
  const texts = new Map(cells.map(({ column, row, text: content }) => [`${column} ${row}`, content]));
  return {
    header: [`${y.label} \\ ${x.label}`, ...x.names],
    rows: y.names
      .map((name, row) => [name, ...x.names.map((_, column) => texts.get(`${column} ${row}`) ?? "")])
      .reverse(),
  };
}
