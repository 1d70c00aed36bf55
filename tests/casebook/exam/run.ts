// npx tsx tests/casebook/exam/run.ts [--text] [--side faulty|repaired] [set or post ...]: what is said of each program.
// Marks before a finding: ~ a symptom, . a remark; causes have none.
import { parseArgs } from "node:util";
import { ALL_SETS } from "./exam.js";
import type { Program } from "./program.js";
import { causesOf, isNamed, placed, type Run, runAll, type SideName } from "./run-program.js";
import type { Finding } from "../../../src/index.js";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { text: { type: "boolean", default: false }, side: { type: "string" } },
});

const MARKS: Readonly<Record<Finding["role"], string>> = { cause: "", symptom: "~", remark: "." };
const said = ({ findings }: Run) =>
  findings.map((finding) => `${MARKS[finding.role]}${placed(finding)}`).join(" ") || "-";

function verdict(program: Program, side: SideName, runs: readonly Run[]): string {
  if (side === "faulty") return runs.every(({ findings }) => isNamed(program, findings)) ? "NAMED" : "MISSED";
  const isSilent = runs.every(({ findings }) => causesOf(findings).length === 0);
  const hasLearned = runs.every(({ score }) => score >= program.bar);
  return `${isSilent ? "SILENT" : "ALARM"}${hasLearned ? "" : ", NOT LEARNED"}`;
}

function lines(program: Program, side: SideName, runs: readonly Run[]): string[] {
  const scores = runs.map(({ score }) => score.toFixed(2)).join(" ");
  const seconds = runs.reduce((sum, each) => sum + each.seconds, 0).toFixed(1);
  return [
    `  ${side} ${verdict(program, side, runs)}: score ${scores} (bar ${program.bar}), ${seconds} s`,
    ...runs.flatMap((each, seed) => {
      const texts = values.text ? each.text.split("\n").map((line) => `        ${line}`) : [];
      return [`    seed ${seed}: ${causesOf(each.findings).length} causes: ${said(each)}`, ...texts];
    }),
  ];
}

/** What is said of one side, or the error that stopped it. */
const told = (program: Program, side: SideName): Promise<string> =>
  runAll(program, side).then(
    (runs) => lines(program, side, runs).join("\n"),
    (error: Error) => `  ${side} threw: ${error.message}`,
  );

const isWanted = (set: string, { post }: Program) =>
  positionals.length === 0 || positionals.includes(set) || positionals.includes(String(post));

for (const [set, programs] of Object.entries(ALL_SETS)) {
  for (const program of programs.filter((each) => isWanted(set, each))) {
    const wanted = program.answers.map(
      ({ kinds, layer }) => kinds.join("|") + (layer === undefined ? "" : `@${layer}`),
    );
    console.log(`${set} ${program.post} wants ${wanted.join(" or ")}`);
    for (const side of ["faulty", "repaired"] as const) {
      if (values.side !== undefined && values.side !== side) continue;
      console.log(await told(program, side));
    }
  }
}
