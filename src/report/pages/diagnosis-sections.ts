// A diagnosis as sections of a page; a page may hold several.
import { deadBlocks, firingBlocks } from "./dead-section.js";
import { adviceSteps, findingItems } from "./findings-section.js";
import { learningBlocks } from "./learning-section.js";
import { networkBlocks } from "./network-section.js";
import { unitTableBlocks } from "./unit-table.js";
import type { Block } from "../blocks.js";
import type { PageSection } from "../page.js";
import { STATE_WORDS, UNIT_STATES } from "../unit-words.js";
import type { ShownDiagnosis } from "../shown.js";
import { countStates } from "../../inspect/unit-state.js";
import type { NetworkSpec } from "../../network/spec.js";
import { countOf, formatCount, formatPercent } from "../../text/numbers.js";

export interface SectionOptions {
  /** Before each id, where a page holds several diagnoses. */
  readonly prefix?: string;
  /** Before each heading: "Fault A: ". */
  readonly of?: string;
  /** What the drawing begins and ends with. */
  readonly spec?: NetworkSpec;
  /** What led there: after the drawing and the verdict on learning. */
  readonly course?: readonly PageSection[];
}

/** The verdict on the units in a sentence. */
function describeUnits({ units, dead, deadFraction, samples, layers }: ShownDiagnosis): string {
  const judged = `judged on ${countOf(samples, "row")}`;
  if (units === 0) return `There are no hidden units; ${judged}.`;
  const counts = countStates(layers.flatMap((layer) => layer.units));
  const others = UNIT_STATES.filter((state) => state !== "dead" && state !== "alive" && counts.has(state)).map(
    (state) => `${formatCount(counts.get(state)!)} ${STATE_WORDS[state]}`,
  );
  const more = others.length === 0 ? "" : `; ${others.join(", ")}`;
  return dead === 0
    ? `None of ${countOf(units, "hidden unit")} is dead${more}; ${judged}.`
    : `${formatCount(dead)} of ${countOf(units, "hidden unit")} ${dead === 1 ? "is" : "are"} dead ` +
        `(${formatPercent(deadFraction)})${more}; ${judged}.`;
}

/** What is said first: the verdicts, or why there is no diagnosis. */
export function leadOf(diagnosis: ShownDiagnosis | string): string[] {
  if (typeof diagnosis === "string") return [`No diagnosis: ${diagnosis}`];
  return [...(diagnosis.learning ? [diagnosis.learning.verdict] : []), describeUnits(diagnosis)];
}

/** The sections of a diagnosis; where there is none, what would have led there. */
export function diagnosisSections(
  diagnosis: ShownDiagnosis | string | undefined,
  options: SectionOptions,
): readonly PageSection[] {
  return typeof diagnosis === "object" ? sectionsOf(diagnosis, options) : (options.course ?? []);
}

function deadOf({ dead, units }: ShownDiagnosis): string | undefined {
  return units === 0 ? undefined : `${formatCount(dead)} of ${formatCount(units)} dead`;
}

/** Sections without content are left out. */
function sectionsOf(
  diagnosis: ShownDiagnosis,
  { prefix = "", of = "", spec, course = [] }: SectionOptions,
): PageSection[] {
  const section = (id: string, heading: string, content: readonly Block[], badge?: string): PageSection[] =>
    content.length === 0
      ? []
      : [
          {
            id: prefix + id,
            heading: of === "" ? heading : `${of}${heading[0].toLowerCase()}${heading.slice(1)}`,
            content,
            ...(badge !== undefined && { badge }),
          },
        ];
  const steps = adviceSteps(diagnosis, prefix);
  const items = findingItems(diagnosis, prefix);
  const causes = diagnosis.findings.filter(({ role }) => role === "cause").length;
  return [
    ...section("advice", "What to do", steps.length > 0 ? [{ kind: "steps", steps }] : []),
    ...section("network", "The network by layer", networkBlocks(diagnosis, spec), deadOf(diagnosis)),
    ...section("learning", "Has it learned?", diagnosis.learning ? learningBlocks(diagnosis.learning) : []),
    ...course,
    ...section(
      "findings",
      "Findings",
      items.length > 0 ? [{ kind: "items", items }] : [],
      causes === 0
        ? countOf(items.length, "finding")
        : `${countOf(causes, "cause")} among ${countOf(items.length, "finding")}`,
    ),
    ...section("dead", "Dead and rare units", deadBlocks(diagnosis)),
    ...section("firing", "How often units fire", firingBlocks(diagnosis)),
    ...section("units", "Units", unitTableBlocks(diagnosis)),
  ];
}
