// The page that `demo:permuted --html` writes: accuracy and dead units by task, each method a line with its runs' range behind it. Self-contained.
import type { Course, Run } from "./permuted-digits.js";

interface Setup {
  readonly tasks: number;
  readonly rate: number;
  readonly widths: readonly number[];
  readonly batch: number;
  readonly replacementRate: number;
  readonly maturity: number;
  readonly every: number;
  readonly tau: number;
}

const WIDTH = 640, HEIGHT = 260, LEFT = 64, RIGHT = 8, TOP = 12, BOTTOM = 34;
const WINDOW = 5; // tasks on each side that a point of a line is the mean of

type Key = "accuracy" | "dead";

interface Scale {
  readonly x: (task: number) => number;
  readonly y: (value: number) => number;
}

function scale(tasks: number, top: number): Scale {
  const span = Math.max(1, tasks - 1);
  return {
    x: (task) => LEFT + (task / span) * (WIDTH - LEFT - RIGHT),
    y: (value) => TOP + (1 - value / top) * (HEIGHT - TOP - BOTTOM),
  };
}

/** Of each task, over runs and neighbouring tasks: the mean, and the least and greatest of the runs' own means. */
function band(runs: readonly Run[], key: Key): { readonly mean: number; readonly low: number; readonly high: number }[] {
  const tasks = Math.min(...runs.map((run) => run[key].length));
  const near = (run: Run, task: number) => {
    const values = run[key].slice(Math.max(0, task - WINDOW), Math.min(tasks, task + WINDOW + 1));
    return values.reduce((sum, value) => sum + value, 0) / values.length;
  };
  return Array.from({ length: tasks }, (_, task) => {
    const means = runs.map((run) => near(run, task));
    return { mean: means.reduce((sum, value) => sum + value, 0) / means.length, low: Math.min(...means), high: Math.max(...means) };
  });
}

function path(points: readonly (readonly [number, number])[]): string {
  return points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${x.toFixed(1)} ${y.toFixed(1)}`).join("");
}

function curve({ runs }: Course, index: number, key: Key, { x, y }: Scale): string {
  const points = band(runs, key);
  const outline = [...points.map(({ high }, task) => [x(task), y(high)] as const), ...points.map(({ low }, task) => [x(task), y(low)] as const).reverse()];
  return `<path class="range m${index}" d="${path(outline)}Z"/><path class="line m${index}" d="${path(points.map(({ mean }, task) => [x(task), y(mean)]))}"/>`;
}

function axes(tasks: number, top: number, format: (value: number) => string, { x, y }: Scale): string {
  const values = [0, 0.25, 0.5, 0.75, 1].map((share) => share * top);
  const ticks = [...new Set([0, 0.25, 0.5, 0.75, 1].map((share) => Math.round(share * (tasks - 1))))];
  return [
    ...values.map((value) => `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(value)}" y2="${y(value)}"/><text x="${LEFT - 6}" y="${y(value) + 4}" text-anchor="end">${format(value)}</text>`),
    ...ticks.map((task) => `<text x="${x(task)}" y="${HEIGHT - 16}" text-anchor="${task === 0 ? "start" : task === tasks - 1 ? "end" : "middle"}">${task + 1}</text>`),
    `<text x="${(LEFT + WIDTH) / 2}" y="${HEIGHT - 2}" text-anchor="middle">task</text>`,
  ].join("");
}

function figure(title: string, courses: readonly Course[], key: Key, tasks: number, top: number, format: (value: number) => string): string {
  const place = scale(tasks, top);
  const last = courses.map(({ name, runs }) => `${name} ${format(band(runs, key).at(-1)!.mean)}`).join(", ");
  return `<figure><figcaption>${title}</figcaption><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${title}; at the end: ${last}">${axes(tasks, top, format, place)}${courses.map((course, index) => curve(course, index, key, place)).join("")}</svg></figure>`;
}

function table(courses: readonly Course[]): string {
  const cell = (course: Course, key: Key, at: 0 | -1, format: (value: number) => string) => `<td>${format(band(course.runs, key).at(at)!.mean)}</td>`;
  const rows = courses.map((course, index) => `<tr><th scope="row"><svg class="key" viewBox="0 0 28 8" aria-hidden="true"><path class="line m${index}" d="M0 4L28 4"/></svg>${course.name}</th>${([0, -1] as const).map((at) => cell(course, "accuracy", at, percent) + cell(course, "dead", at, whole)).join("")}</tr>`);
  return `<table><thead><tr><th></th><th>accuracy, first tasks</th><th>dead</th><th>accuracy, last tasks</th><th>dead</th></tr></thead><tbody>${rows.join("")}</tbody></table>`;
}

const percent = (value: number): string => `${Math.round(100 * value)} %`;
const whole = (value: number): string => String(Math.round(value));

const STYLE = `
:root { color-scheme: light dark; --paper: #FBFAF6; --ink: #1C1B1F; --lines: #D9D6CE; --blue: #0064A0; --orange: #A85800; }
@media (prefers-color-scheme: dark) { :root { --paper: #141318; --ink: #ECE9E2; --lines: #3A3842; --blue: #5AB0EC; --orange: #E69F00; } }
body { margin: 0 auto; max-width: 720px; padding: 24px 16px 48px; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 22px; line-height: 1.25; margin: 0 0 8px; } figure { margin: 24px 0 0; } figcaption { font-weight: 600; margin-bottom: 4px; }
svg { width: 100%; height: auto; display: block; } svg text { fill: var(--ink); font-size: 13px; } .grid { stroke: var(--lines); }
.line { fill: none; stroke-width: 2.5; stroke-linejoin: round; } .range { stroke: none; opacity: 0.18; }
.line.m0 { stroke: var(--ink); } .line.m1 { stroke: var(--blue); stroke-dasharray: 9 3; } .line.m2 { stroke: var(--orange); stroke-dasharray: 2.5 3; }
.range.m0 { fill: var(--ink); } .range.m1 { fill: var(--blue); } .range.m2 { fill: var(--orange); }
.key { display: inline-block; width: 28px; height: 8px; margin-right: 8px; vertical-align: middle; }
table { border-collapse: collapse; margin-top: 24px; width: 100%; font-size: 15px; } th, td { text-align: right; padding: 6px 4px; border-bottom: 1px solid var(--lines); font-weight: 400; vertical-align: bottom; }
th[scope=row] { text-align: left; } p { max-width: 62ch; }
@media (max-width: 480px) { svg text { font-size: 20px; } table { font-size: 13px; } .key { display: block; } }`;

/** The page as text. */
export function page(courses: readonly Course[], setup: Setup): string {
  const { tasks, rate, widths, batch, replacementRate, maturity, every, tau } = setup;
  const hidden = widths.slice(1, -1).reduce((sum, units) => sum + units, 0);
  const runs = courses[0]!.runs.length;
  const words = `The handwritten digits, ${tasks} tasks one after another: in each the pixels have another order, and the network trains on for one epoch. `
    + `A network that keeps its ability to learn does as well on the last task as on the first.`;
  const small = `${widths.join("-")}, Adam ${rate}, batch ${batch}; ${runs} network${runs === 1 ? "" : "s"} a method: the line is their mean over ${2 * WINDOW + 1} tasks around, the band reaches from the lowest to the highest. `
    + `Continual backprop: replacement rate ${replacementRate}, maturity ${maturity}. ReDo: every ${every} steps, tau ${tau}. Accuracy on 360 held-out rows of the task after its epoch; dead: above 0 on none of its 1437 training rows.`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Permuted digits: accuracy and dead units by task</title><style>${STYLE}</style></head>
<body><main><h1>Permuted digits: accuracy and dead units by task</h1><p>${words}</p>${table(courses)}
${figure("Accuracy on held-out rows of the task", courses, "accuracy", tasks, 1, percent)}
${figure(`Dead units, of ${hidden}`, courses, "dead", tasks, hidden, whole)}
<p>${small}</p></main></body></html>
`;
}
