// Pages of the documentation for people from elsewhere: each of their commands is run as it stands, in a folder with
// the files that the page speaks of, and what the page shows of its output is there.
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { fixture, pathOf } from "./fixtures.js";
import { Folder, MAIN, PENGUINS } from "./run.js";
import { readGraphFile } from "../graph/graphs.js";
import { loadDigits } from "../support/digits.js";
import { npyFile } from "../support/array-files.js";

const digits = loadDigits();
const all = [digits.training, digits.heldOut];
const rows = all.flatMap(({ x }) => x as number[][]);
const labels = all.flatMap(({ y }) => [...(y as number[])]);

const copy = (name: string) => readFileSync(pathOf(fixture(name)));
const rowsOf = (name: string) => {
  const { x, rows: count, inputs } = fixture(name);
  return npyFile([count, inputs], x);
};
const DIGITS = {
  "rows.npy": () => npyFile([rows.length, 64], rows.flat()),
  "labels.npy": () => npyFile([labels.length], labels),
  "model.onnx": () => copy("onnx/digits-trained.ts17.onnx"),
  "weights.pt": () => copy("torch/digits-trained.pt"),
};

const block = readGraphFile("block.9");

/** The files that a page speaks of. */
const FILES: Readonly<Record<string, Readonly<Record<string, () => Uint8Array>>>> = {
  "from-pytorch.md": DIGITS,
  "from-keras.md": {
    "model.keras": () => copy("keras/relu-dead.keras"),
    "model.h5": () => copy("keras/relu-dead.h5"),
    "model.weights.h5": () => copy("keras/relu-dead.weights.h5"),
    "rows.npy": () => rowsOf("keras/relu-dead.keras"),
  },
  "from-scikit-learn.md": {
    "model.onnx": () => copy("onnx/sklearn-classifier.onnx"),
    "weights.npz": () => copy("numpy/sklearn-coefs.npz"),
    "rows.npy": () => rowsOf("onnx/sklearn-classifier.onnx"),
    "penguins.csv": () => readFileSync(PENGUINS),
  },
  "in-ci.md": { ...DIGITS, "rows.npy": () => npyFile([900, 64], rows.slice(0, 900).flat()) }, // it shows no figures
  "onnx-graphs.md": {
    "model.onnx": () => block.model,
    "images.npy": () => npyFile(block.counted.inputs.x.shape, block.counted.inputs.x.data as number[]),
  },
};

interface Step {
  readonly command: string;
  readonly code: number;
  /** Lines that the page shows, of what this command or one before it in its block prints. */
  readonly shown: string[];
}

/** Commands of the blocks of `sh` and of a workflow's `run`, and the lines of a block of `text` behind them. */
function stepsOf(page: string): Step[][] {
  const blocks: Step[][] = [];
  for (const [, kind, body] of page.matchAll(/^```(\w+)\n([^]*?)^```$/gm)) {
    if (kind === "text")
      blocks
        .at(-1)
        ?.at(-1)
        ?.shown.push(...body.trim().split("\n"));
    const lines =
      kind === "yaml" ? [...body.matchAll(/- run: (.*)/g)].map(([, line]) => line) : body.trim().split("\n");
    if (kind === "sh" || kind === "yaml")
      blocks.push(
        lines.map((line) => ({
          command: line.replace(/\s+#.*$/, ""),
          code: Number(/# exit code (\d)/.exec(line)?.[1] ?? 0),
          shown: [],
        })),
      );
  }
  return blocks;
}

const PRELUDE = `npx() { if [ "$1" = --yes ]; then shift; fi; shift; "${process.execPath}" "${MAIN}" "$@"; }\n`;

function readPage(name: string): string {
  return readFileSync(fileURLToPath(new URL(`../../docs/${name}`, import.meta.url)), "utf8");
}

describe.each(Object.entries(FILES))("%s", (name, files) => {
  test("its commands do what it says", () => {
    const folder = new Folder();
    for (const [file, content] of Object.entries(files)) folder.write(file, content());
    const blocks = stepsOf(readPage(name));
    expect(blocks.flat().length).toBeGreaterThan(2);
    for (const steps of blocks) {
      let printed = "";
      for (const { command, code, shown } of steps) {
        expect(command).toMatch(/^npx (--yes )?relumine/);
        const { status, stdout, stderr } = spawnSync("sh", ["-c", PRELUDE + command], { cwd: folder.path });
        expect([command, status], String(stderr)).toEqual([command, code]);
        printed += String(stdout);
        for (const line of shown) expect(printed).toContain(line);
      }
    }
  });
});

test("the control: a command that is wrong, and an output that is not there, are seen", () => {
  const [[step]] = stepsOf("```sh\nnpx relumine diagnose a b # exit code 1\n```\n\n```text\nnot there\n```\n");
  expect(step).toEqual({ command: "npx relumine diagnose a b", code: 1, shown: ["not there"] });
  const run = (command: string) => spawnSync("sh", ["-c", PRELUDE + command]).status;
  expect([run("npx relumine diagnos"), run("npx --yes relumine@0.1 --version")]).toEqual([2, 0]);
});
