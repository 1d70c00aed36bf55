// What is found, as a line on the terminal and as the table of docs/speed.md: --write replaces what stands between its
// two marker comments.
import { checkMarkers, replaceBetweenMarkers } from "../documents.js";
import { time } from "../format.js";
import type { Workload } from "../workloads.js";

export interface Row {
  readonly workload: string;
  readonly peer: string;
  readonly version?: string;
  /** Median seconds of a step, and how many steps it comes from. */
  readonly seconds?: number;
  readonly steps?: number;
  /** Processor time over wall time. */
  readonly cores?: number;
  /** Before each step of the check, which repeats one batch. */
  readonly losses?: readonly number[];
  readonly note?: string;
  readonly failed?: boolean;
}

export interface Report {
  readonly date: string;
  readonly machine: string;
  readonly node: string;
  readonly rows: readonly Row[];
}

/** One line of the terminal's table; `ours` is relumine's time. */
export function line(row: Row, ours: number | undefined): string {
  const { seconds, losses, note, steps, cores } = row;
  const ratio = seconds !== undefined && ours !== undefined ? `${(seconds / ours).toFixed(2)}x` : "";
  const fall = losses
    ? `loss ${losses[0]!.toPrecision(6)} -> ${losses.at(-1)!.toPrecision(6)} in ${losses.length} steps`
    : "";
  const cells = [
    seconds === undefined ? "" : time(seconds),
    ratio,
    cores === undefined ? "" : `${cores.toFixed(1)} cores`,
    steps === undefined ? "" : `${steps} step${steps === 1 ? "" : "s"}`,
  ];
  const widths = [9, 9, 11, 14];
  const columns = cells.map((cell, i) => cell.padStart(widths[i]!)).join("");
  const remarks = `${row.failed ? "  FAILED" : ""}${note ? `  ${note}` : ""}`;
  return `${row.workload} ${row.peer.padEnd(34)}${columns}  ${fall}${remarks}`.trimEnd();
}

const FILE = "docs/speed.md";

/** Throws if the page has no place for the table. */
export function checkTablePage(): void {
  checkMarkers(FILE, "peers");
}

const tableRow = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;

function table({ date, machine, node, rows }: Report, workloads: readonly Workload[]): string {
  const peers = [...new Set(rows.map(({ peer }) => peer))];
  const notes = [...new Set(rows.flatMap(({ note }) => note ?? []))];
  const cell = (peer: string, workload: string): string => {
    const { seconds, note } = rows.find((row) => row.peer === peer && row.workload === workload) as Row;
    return [
      ...(seconds === undefined ? [] : [time(seconds)]),
      ...(note === undefined ? [] : [`(${notes.indexOf(note) + 1})`]),
    ].join(" ");
  };
  const label = (peer: string): string => {
    const version = rows.find((row) => row.peer === peer && row.version)?.version;
    return version === undefined ? peer : `${peer} (${version})`;
  };
  return [
    tableRow(["one training step", ...workloads.map(({ name }) => name)]),
    tableRow(["---", ...workloads.map(() => "---:")]),
    ...peers.map((peer) => tableRow([label(peer), ...workloads.map(({ name }) => cell(peer, name))])),
    "",
    `${date.slice(0, 10)}; ${machine}; Node ${node}. ${notes.map((note, i) => `(${i + 1}) ${note}.`).join(" ")}`.trim(),
    "",
  ].join("\n");
}

/** Replaces the table. */
export function writeTablePage(report: Report, workloads: readonly Workload[]): void {
  replaceBetweenMarkers(FILE, "peers", table(report, workloads));
}
