// The exam's programs through a file of Keras: trained, saved as Keras 3 saves them, read, and diagnosed on the same
// rows. What is said is what the trained network itself is told, but for findings that need the training's record.
import { expect, test } from "vitest";
import { diagnose, type Finding } from "../../src/index.js";
import { readModel } from "../../src/models/read-model.js";
import { ALL_SETS, type SetName } from "../casebook/exam/exam.js";
import type { Program } from "../casebook/exam/program.js";
import { placed, type SideName, withTrained } from "../casebook/exam/run-program.js";
import { kerasFile } from "../support/keras-file.js";

const SETS = Object.keys(ALL_SETS) as SetName[];
const SIDES: readonly SideName[] = ["faulty", "repaired"];
const SEED = 0;

const told = (findings: readonly Finding[]) => findings.map((finding) => `${finding.role} ${placed(finding)}`).sort();

const programs = SETS.flatMap((set) =>
  ALL_SETS[set].flatMap((program: Program) =>
    SIDES.map((side) => [`${set} ${program.post} ${side}`, program, side] as const),
  ),
);

test.each(programs)("%s", async (_name, program, side) => {
  const { file, loss, x, options, direct } = await withTrained(program, side, SEED, (trained) => {
    const { network, x, y } = trained;
    const options = { targets: y, proofs: false } as const;
    const direct = diagnose(network, x, options);
    return { file: kerasFile(network), loss: network.spec.loss, x, options, direct: told(direct.findings) };
  });
  // how targets are read is no matter of the file
  const isAny = typeof loss === "object" && loss.targets === "any";
  using same = await (await readModel(file, isAny ? { loss } : {})).toNetwork({ arithmetic: "reproducible" });
  expect(told(diagnose(same, x, options).findings)).toEqual(direct);
});
