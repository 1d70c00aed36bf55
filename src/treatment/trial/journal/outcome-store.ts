// Outcomes of trainings in a journal: what a prescription, a checkup or the textbook that was killed need not train
// again. A training is named by its job, all that jobs share (the rows among it) and the build; its outcome comes back
// to the bit.
//   {"relumine":"run 1","id":"...","build":"...","data":"...","seed":0,"epochs":10,"outcome":{...},"check":"1a2b3c4d"}
import { causes, count, failure, shortText } from "./stored-figures.js";
import {
  isId,
  LONGEST_LINE,
  type JournalContents,
  type JournalReport,
  readLines,
  readMembers,
  type TrialJournal,
  writeMembers,
} from "./lines.js";
import type { BaselineRun } from "../examine-run.js";
import type { TrialLook } from "../look-at-units.js";
import type { FoldFinding, FoldOutcome, TrialCourse, TrialJob, TrialOutcome } from "../trial.js";
import { numberText } from "../../../core/canonical-json.js";
import { nameContent } from "../../../core/content-name.js";
import { type Check, flag, list, number, numberFrom, object, oneOf, optional } from "../../../core/stored-values.js";
import type { DeadCount } from "../../../inspect/dead-units.js";
import type { EpochLog, Metrics } from "../../../network/types.js";

const MOST_LAYERS = 1024;

/** Numbers that JSON has no word for are written as text. */
const WORDS = new Map<unknown, number>(
  [Number.NaN, Infinity, -Infinity, -0].map((value) => [numberText(value), value]),
);

const wordOf = (value: number): string | undefined =>
  [...WORDS].find(([, known]) => Object.is(known, value))?.[0] as string | undefined;

const anyNumber: Check<number> = (path, value) => WORDS.get(value) ?? number(path, value);

const stopped = optional(oneOf<"aborted" | "callback" | "diverged">(["aborted", "callback", "diverged"]));

const run = object<BaselineRun>({
  stopped,
  losses: list(anyNumber),
  units: count,
  dead: count,
  hasDeadLayer: flag,
  closedByBias: count,
  findings: list(
    object<BaselineRun["findings"][number]>({
      kind: shortText as Check<never>,
      role: oneOf(["cause", "symptom", "remark"]),
    }),
  ),
  learning: optional(
    object<NonNullable<BaselineRun["learning"]>>({
      score: optional(anyNumber),
      accuracy: optional(anyNumber),
      constantAccuracy: optional(anyNumber),
    }),
  ),
  causes,
});

const metrics = object<Metrics>({ loss: anyNumber, accuracy: optional(anyNumber) });
const seconds = numberFrom(0, Number.MAX_VALUE);

const course = object<TrialCourse>({
  epochs: list(
    object<EpochLog>({
      epoch: count,
      loss: anyNumber,
      accuracy: optional(anyNumber),
      penalty: optional(number),
      learningRate: anyNumber,
      seconds,
      silentUnits: list(count),
      validation: optional(metrics),
    }),
  ),
  stopped,
  evaluation: metrics,
  layers: list(object<DeadCount>({ dead: count, neverFired: count, units: count })),
});

const counts = list(count, 0, MOST_LAYERS);

const look = object<TrialLook>({
  units: counts,
  dead: counts,
  born: counts,
  causes,
  closedSamples: count,
  learning: optional(object<NonNullable<TrialLook["learning"]>>({ score: optional(anyNumber), verdict: shortText })),
});

/** Rows x outputs. */
const answers: Check<Float32Array> = (path, value) => Float32Array.from(list(anyNumber)(path, value));

const fold = object<FoldOutcome>({
  evaluation: object<FoldOutcome["evaluation"]>({
    loss: anyNumber,
    accuracy: optional(anyNumber),
    f1: optional(anyNumber),
    auc: optional(anyNumber),
    r2: optional(anyNumber),
    meanAbsoluteError: optional(anyNumber),
  }),
  findings: optional(
    list(
      object<FoldFinding>({
        kind: shortText as Check<never>,
        role: oneOf(["cause", "symptom", "remark"]),
        message: shortText,
        layer: optional(count),
      }),
    ),
  ),
  answers: optional(answers),
});

const outcome = object<TrialOutcome>({
  metrics,
  balancedAccuracy: optional(anyNumber),
  variance: anyNumber,
  deadFraction: anyNumber,
  seconds,
  epochs: count,
  isFalling: optional(flag),
  failed: optional(failure),
  run: optional(run),
  look: optional(look),
  course: optional(course),
  fold: optional(fold),
});

interface Entry {
  readonly id: string;
  readonly outcome: TrialOutcome;
}

function readOutcome(line: string): Entry | "cut" | "damaged" | "other" {
  const members = readMembers("run 1", line);
  if (typeof members === "string") return members;
  try {
    const { id, outcome: told } = members as Entry;
    return isId(id) ? { id, outcome: outcome("outcome", told) } : "damaged";
  } catch {
    return "damaged";
  }
}

/** Of an examined run what complaints are read off. */
function storedRun({ findings, learning, ...rest }: BaselineRun): BaselineRun {
  const { score, accuracy, constantAccuracy } = learning ?? {};
  return {
    ...rest,
    findings: findings.map(({ kind, role }) => ({ kind, role })),
    ...(learning && { learning: { score, accuracy, constantAccuracy } }),
  };
}

const withWords = (_name: string, value: unknown): unknown =>
  typeof value === "number" ? (wordOf(value) ?? value) : value;

function writeOutcome(entry: object, { run: examined, fold: own, ...rest }: TrialOutcome): string {
  const told = {
    ...rest,
    ...(examined && { run: storedRun(examined) }),
    ...(own && { fold: { ...own, ...(own.answers && { answers: Array.from(own.answers) }) } }),
  };
  return writeMembers("run 1", { ...entry, outcome: JSON.parse(JSON.stringify(told, withWords)) as unknown });
}

/** What says more of the machine, or of who asked, than of the training. */
const PASSING = ["aborted", "memory", "disposed"];

export class OutcomeStore {
  private readonly found = new Set<string>();

  private constructor(
    private readonly journal: TrialJournal,
    private readonly data: string,
    private readonly build: string,
    private readonly known: JournalContents<Entry>,
  ) {}

  /**
   * @param shared what all jobs have in common: plain data
   * @param build the program that trains, and its arithmetic
   * @throws RelumineError "format" where it is no journal
   */
  static async open(journal: TrialJournal, shared: object, build: string): Promise<OutcomeStore> {
    return new OutcomeStore(journal, nameContent(shared), build, await readLines([journal], readOutcome));
  }

  private nameOf(job: TrialJob): string {
    return nameContent({ job, data: this.data, build: this.build });
  }

  /** What came of it before. */
  find(job: TrialJob): TrialOutcome | undefined {
    const id = this.nameOf(job);
    const entry = this.known.entries.get(id);
    if (entry) this.found.add(id);
    return entry?.outcome;
  }

  /** Fulfilled once a killed program would find it. */
  async keep(job: TrialJob, told: TrialOutcome): Promise<void> {
    if (PASSING.includes(told.failed?.code ?? "")) return;
    const { data, build } = this;
    const { seed, epochs } = job;
    const line = writeOutcome({ id: this.nameOf(job), build, data, seed, epochs }, told);
    if (line.length < LONGEST_LINE) await this.journal.append([line]); // of many answers: they are computed again
  }

  async close(): Promise<void> {
    await this.journal.close?.();
  }

  get report(): JournalReport {
    const { entries, others, cut, damaged } = this.known;
    return { resumed: this.found.size, others: others.size + entries.size - this.found.size, cut, damaged };
  }
}
