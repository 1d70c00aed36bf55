// The exam's programs through a file of Keras: trained, saved as Keras 3 saves them, read, and diagnosed on the same
// rows; a third of them, others with each seed of a run, or all by RELUMINE_LONG=3. What is said is what the trained
// network itself is told, but for findings that need the training's record.
import { expect, test } from "vitest";
import { createNetwork, diagnose, type Finding } from "../../src/index.js";
import { factsOf, isClassification } from "../../src/network/losses.js";
import { readModel } from "../../src/models/read-model.js";
import { ALL_SETS, type SetName } from "../casebook/exam/exam.js";
import type { Program } from "../casebook/exam/program.js";
import { placed, type SideName, withTrained } from "../casebook/exam/run-program.js";
import { kerasFile } from "../support/keras-file.js";
import { patienceFor, someOf } from "../support/times.js";

const SETS = Object.keys(ALL_SETS) as SetName[];
const SIDES: readonly SideName[] = ["faulty", "repaired"];
const SEED = 0;

const told = (findings: readonly Finding[]) => findings.map((finding) => `${finding.role} ${placed(finding)}`).sort();

const all = SETS.flatMap((set) =>
  ALL_SETS[set].flatMap((program: Program) =>
    SIDES.map((side) => [`${set} ${program.post} ${side}`, program, side] as const),
  ),
);

const programs = someOf(all, Math.ceil(all.length / 3));

/** Of the course of a training, which a network remembers and a file of Keras does not hold. */
const OF_THE_RECORD = ["stillLearning", "stepsTooSmall", "highRate", "divergence", "decayCollapse", "overfitting"];

const kinds = (findings: readonly Finding[]) => findings.map(placed).sort();

test.each(programs)("%s", { timeout: patienceFor(5) }, async (_name, program, side) => {
  const { file, spec, weights, x, options, direct } = await withTrained(program, side, SEED, ({ network, x, y }) => {
    const options = { targets: y, proofs: false } as const;
    const { findings } = diagnose(network, x, options);
    const weights = network.layers.map((layer) => layer.getWeights());
    return { file: kerasFile(network), spec: network.spec, weights, x, options, direct: kinds(findings) };
  });
  // how targets are read is no matter of the file, and logits are for the caller to say
  const { loss } = spec;
  const { from, takesAnyTargets } = factsOf(loss);
  const isOfLogits = isClassification(loss) && from === "logits";
  const model = await readModel(file, takesAnyTargets || isOfLogits ? { loss } : {});
  expect(model.notes).toHaveLength(Number(isOfLogits));
  using read = await model.toNetwork({ arithmetic: "reproducible" });
  const { findings } = diagnose(read, x, options);
  using forgetful = await createNetwork(spec, { arithmetic: "reproducible" });
  forgetful.layers.forEach((layer, index) => layer.setWeights(weights[index]));
  expect(told(findings)).toEqual(told(diagnose(forgetful, x, options).findings));
  const left = (all: readonly string[]) => all.filter((each) => !OF_THE_RECORD.includes(each.split("@")[0]));
  expect(left(kinds(findings))).toEqual(left(direct));
});
