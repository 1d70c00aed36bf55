// `--fail-on`: rules by which a diagnosis makes the program end with exit code 1, so that a build stops.
//   RULES    RULE{,RULE}                    the option may also be given several times
//   RULE     STATE[:SHARE]                  fails if more than this share of the hidden units (default 0) is in
//                                           the state
//            layer[:SHARE]                  ... if more than this share of some hidden layer's units is dead
//            finding[:KIND]                 ... if there is a finding of the kind (default: one that is a cause)
//   STATE    dead permanent rare dormant linear saturated notFinite
import { type Command, InvalidArgumentError, Option } from "commander";
import { decimal } from "./options.js";
import { markFailed } from "./run/under-way.js";
import type { Terminal } from "./terminal.js";
import { suggestion } from "../core/suggestion.js";
import { ROLES } from "../diagnosis/findings/role-table.js";
import type { Diagnosis, ObservedUnit } from "../index.js";
import { formatCount, formatPercent } from "../text/numbers.js";
import { onOneLine } from "../text/printable.js";

const STATES = {
  dead: ({ state }) => state === "dead",
  permanent: ({ permanent }) => permanent === true,
  rare: ({ state }) => state === "rare",
  dormant: ({ state }) => state === "dormant",
  linear: ({ state }) => state === "linear",
  saturated: ({ state }) => state === "saturated",
  notFinite: ({ state }) => state === "notFinite",
} as const satisfies Readonly<Record<string, (unit: ObservedUnit) => boolean>>;

type State = keyof typeof STATES;

/** What of a diagnosis a rule is about. */
type Judged = Pick<Diagnosis<ObservedUnit>, "layers" | "findings">;

export interface FailRule {
  /** As it was given. */
  readonly rule: string;
  /** What is wrong with the diagnosis, in a sentence; undefined where it is fine. */
  readonly failure: (diagnosis: Judged) => string | undefined;
}

/** A rule that a diagnosis broke, as --json prints it. */
export interface Failure {
  readonly rule: string;
  readonly message: string;
}

const share = decimal({ low: 0, high: 1, openHigh: true });
const limitOf = (text: string | undefined): number => (text === undefined ? 0 : share(text));

/** `3 of 17 hidden units are dead (17.6 %)` */
const counted = (found: number, units: number, where: string, state: string): string =>
  `${formatCount(found)} of ${formatCount(units)} ${where} are ${state} (${formatPercent(found / units)})`;

function stateRule(rule: string, state: State, limit: number): FailRule {
  const failure = ({ layers }: Judged) => {
    const units = layers.flatMap((layer) => layer.units);
    const found = units.filter(STATES[state]).length;
    return found > limit * units.length ? counted(found, units.length, "hidden units", state) : undefined;
  };
  return { rule, failure };
}

function layerRule(rule: string, limit: number): FailRule {
  const failure = ({ layers }: Judged) => {
    const share = ({ dead, units }: Judged["layers"][number]) => dead / units.length;
    const [worst] = layers
      .filter(({ dead, units }) => dead > limit * units.length)
      .sort((one, other) => share(other) - share(one));
    if (worst === undefined) return undefined;
    const where = `units of layer ${worst.name === undefined ? worst.layer : onOneLine(worst.name)}`;
    return counted(worst.dead, worst.units.length, where, "dead");
  };
  return { rule, failure };
}

function findingRule(rule: string, kind: string | undefined): FailRule {
  if (kind !== undefined && !Object.hasOwn(ROLES, kind))
    throw new InvalidArgumentError(`There is no finding "${kind}". ${suggestion(kind, Object.keys(ROLES))}`);
  const failure = ({ findings }: Judged) =>
    findings.find((finding) => (kind === undefined ? finding.role === "cause" : finding.kind === kind))?.message;
  return { rule, failure };
}

function readRule(rule: string): FailRule {
  const [name, value, ...more] = rule.split(":").map((part) => part.trim());
  if (more.length > 0) throw new InvalidArgumentError('It has to be such as "dead:0.2" or "finding:closedSamples".');
  if (Object.hasOwn(STATES, name)) return stateRule(rule, name as State, limitOf(value));
  if (name === "layer") return layerRule(rule, limitOf(value));
  if (name === "finding") return findingRule(rule, value);
  const names = [...Object.keys(STATES), "layer", "finding"];
  throw new InvalidArgumentError(`It has to begin with one of ${names.join(", ")}. ${suggestion(name, names)}`);
}

/** Rules that a diagnosis is held against. */
export interface FailOnOptions {
  readonly failOn: readonly FailRule[];
}

export function addFailOnOption(command: Command): Command {
  const what = "end with exit code 1 where a rule is broken, e.g. dead:0.2, layer:0.5, finding:closedSamples";
  return command.addOption(
    new Option("--fail-on <rules>", what)
      .argParser((text: string, before: readonly FailRule[]) => [
        ...before,
        ...text.split(",").map((rule) => readRule(rule.trim())),
      ])
      .default([], "none"),
  );
}

/** The rules that a diagnosis breaks; where there is none, nothing is said of them. */
export function failuresOf(failOn: readonly FailRule[], diagnosis: Judged | string): Failure[] {
  if (typeof diagnosis === "string") return [];
  return failOn.flatMap(({ rule, failure }) => {
    const message = failure(diagnosis);
    return message === undefined ? [] : [{ rule, message }];
  });
}

/** A line a rule, and the exit code. */
export function tellFailures(terminal: Terminal, failures: readonly Failure[]): void {
  for (const { rule, message } of failures) terminal.fail(`--fail-on ${rule}: ${message}`);
  if (failures.length > 0) markFailed();
}
