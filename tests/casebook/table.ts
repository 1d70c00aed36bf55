// Who is right: the published rules and diagnose on the cases of the book, as Markdown.
import type { Case } from "./case.js";
import { diagnoseCase, withCase } from "./check.js";
import { examReport } from "./exam/report.js";
import { LAYER_CASES } from "./layers.js";
import { type TestedNetwork, type Rule, RULES, type UnitCalls } from "./rules.js";
import { toReference } from "../support/networks.js";

const toFloat32 = (rows: readonly (readonly number[])[]) => rows.map((row) => row.map(Math.fround));

/** What one tool said of one case. */
interface Score {
  readonly alarm?: "right" | "false alarm" | "missed";
  readonly falselyNamed?: number;
  readonly missedUnits?: number;
}

interface CaseScores {
  readonly one: Case;
  readonly deadUnits: number;
  readonly reluUnits: number;
  readonly scores: readonly Score[];
}

const relumine = (calls: UnitCalls): Rule => ({
  tool: "**relumine**",
  rule: "`diagnose`: closed on every sample, slope and output exactly 0; the share of a layer over a half",
  units: () => calls,
  alarm: {
    raises: () => calls.some((layer) => layer && layer.filter(Boolean).length > layer.length / 2),
    isTrueAt: (dead) => dead > 0.5,
  },
  namesUnit: true,
});

/** Which relu units the book says are dead; undefined for other layers. */
function truthOf({ expected }: Case, { layers }: TestedNetwork): UnitCalls {
  return expected.units.map((units, layer) =>
    layers[layer].activation.name === "relu" ? units.map((verdict) => typeof verdict !== "string") : undefined,
  );
}

function judge({ units, alarm }: Rule, tested: TestedNetwork, truth: UnitCalls): Score {
  const pairs = units?.(tested).flatMap((calls, layer) =>
    calls && truth[layer] ? calls.map((call, unit) => [call, truth[layer]![unit]] as const) : [],
  );
  const shares = truth.flatMap((layer) => (layer ? [layer.filter(Boolean).length / layer.length] : []));
  const raises = alarm?.raises(tested);
  const isTrue = alarm && shares.some(alarm.isTrueAt);
  const mistake = raises ? "false alarm" : "missed";
  return {
    ...(raises !== undefined && { alarm: raises === isTrue ? "right" : mistake }),
    ...(pairs && {
      falselyNamed: pairs.filter(([call, real]) => call && !real).length,
      missedUnits: pairs.filter(([call, real]) => !call && real).length,
    }),
  };
}

/** Targets that an untrained network misses, where the case has none. */
const someTargets = (rows: number, outputs: number) =>
  Array.from({ length: rows }, (_, row) =>
    Array.from({ length: outputs }, (_unused, c) => ((row * 7 + c * 3) % 5) * 4 - 11),
  );

function scoreCase(one: Case): Promise<CaseScores | undefined> {
  return withCase(one, (network) => {
    const layers = toReference(network);
    const outputs = layers.at(-1)!.bias.length;
    const tested: TestedNetwork = {
      layers,
      x: toFloat32(one.x),
      loss: one.loss ?? "meanSquaredError",
      targets: (one.targets ?? one.usersTargets ?? someTargets(one.x.length, outputs)) as TestedNetwork["targets"],
    };
    const truth = truthOf(one, tested);
    const known = truth.flatMap((layer) => layer ?? []);
    if (known.length === 0) return undefined;
    const said = diagnoseCase(one, network).layers.map(({ activation, units }) =>
      activation === "relu" ? units.map(({ state }) => state === "dead") : undefined,
    );
    return {
      one,
      deadUnits: known.filter(Boolean).length,
      reluUnits: known.length,
      scores: [...RULES, relumine(said)].map((rule) => judge(rule, tested, truth)),
    };
  });
}

const row = (...cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
const yes = (is: boolean) => (is ? "yes" : "no");

function totalsRow(rule: Rule, scores: readonly Score[]): string {
  const alarms = scores.flatMap(({ alarm }) => alarm ?? []);
  const count = (wanted: string) => (alarms.length === 0 ? "–" : alarms.filter((alarm) => alarm === wanted).length);
  const add = (key: "falselyNamed" | "missedUnits") =>
    rule.units ? scores.reduce((total, score) => total + (score[key] ?? 0), 0) : "–";
  const isOurs = rule.tool === relumine([]).tool;
  return row(
    rule.tool,
    rule.rule,
    count("right"),
    count("false alarm"),
    count("missed"),
    add("falselyNamed"),
    add("missedUnits"),
    yes(rule.namesUnit),
    yes(isOurs),
  );
}

function mistakesOf({ alarm, falselyNamed = 0, missedUnits = 0 }: Score): string {
  const units = [
    falselyNamed > 0 ? `${falselyNamed} falsely dead` : "",
    missedUnits > 0 ? `${missedUnits} overlooked` : "",
  ];
  return [alarm === "right" ? "" : (alarm ?? ""), ...units].filter(Boolean).join(", ");
}

const SHORT = ["SageMaker", "keras-contrib", "AutoTrainer", "DeepDiagnosis", "TheDeepChecker", "ReDo", "relumine"];

/** The whole of README.md. */
export async function whoIsRight(book: Readonly<Record<string, readonly Case[]>>, deaths: number): Promise<string> {
  const cases = Object.values(book).flat();
  const scored = (await Promise.all(cases.map(scoreCase))).filter((scores) => scores !== undefined);
  const rules = [...RULES, relumine([])];
  const contested = scored.filter(({ scores }) => scores.some((score) => mistakesOf(score) !== ""));
  const dead = scored.reduce((total, { deadUnits }) => total + deadUnits, 0);
  const units = scored.reduce((total, { reluUnits }) => total + reluUnits, 0);
  const disputes = contested.map(({ one, deadUnits, reluUnits, scores }) =>
    row(one.name, `${deadUnits} of ${reluUnits}`, ...scores.map(mistakesOf)),
  );
  const subjects = Object.entries(book).map(([subject, { length }]) => `${subject} ${length}`);
  return `# The case book

${cases.length} networks made by hand and ${deaths} short trainings, each with the verdicts that are true of it:
${subjects.join(", ")}, deaths ${deaths}.
A case says why in one sentence; \`casebook.test.ts\` holds \`diagnose\` and \`traceDeaths\` to it and confirms the book
itself in float64 (\`truth.ts\`, \`true-findings.ts\`, \`replay.ts\`), without the package's code.
Beside them stand ${LAYER_CASES.length} networks with normalization, dropout and skip connections (\`layers.ts\`);
\`layers.test.ts\` holds verdicts, counters, remedies and promises of permanence to float64 and trainings.

This file is written by the test: \`npx vitest run --project node tests/casebook -u\` after a change of cases or rules.

## Who is right

The published rules, as their documentation and papers state them (\`rules.ts\`), on the ${scored.length} networks that
have a hidden relu layer: ${units} relu units, ${dead} of them dead on the samples.
Each tool is asked its own question. An alarm is right if some relu layer has the share of dead units that the tool
itself calls a problem (AutoTrainer and DeepDiagnosis, which count no units: 70 %), and silence is right if none has.
Units are scored where the rule looks at units; ReDo says "dormant" and resets what it names, so that a living unit it
names counts as falsely dead. AutoTrainer's poor accuracy is read as under 60 % of the labels, or under half of the
variance; where a case has no targets, it gets some that the network misses. The cases were chosen to tell look-alikes
apart: the figures say which mistakes a rule can make, not how often it makes them in practice.

| tool | rule | right | false alarms | missed | units falsely called dead | dead units overlooked | names the unit | names the cause |
| --- | --- | ---: | ---: | ---: | ---: | ---: | --- | --- |
${rules
  .map((rule, i) =>
    totalsRow(
      rule,
      scored.map(({ scores }) => scores[i]),
    ),
  )
  .join("\n")}

SAELens (silent for over 1000 passes) makes keras-contrib's judgment on these samples and raises no alarm; fastai shows
a share of activations near 0 and leaves the judgment to the reader.

## Where they differ

| case | dead | ${SHORT.join(" | ")} |
| --- | ---: | ${SHORT.map(() => "---").join(" | ")} |
${disputes.join("\n")}

${examReport()}`;
}
