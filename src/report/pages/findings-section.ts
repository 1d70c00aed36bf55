// What was found beside the states of units, and what to do about all of it, in order.
import type { Block, Item } from "../blocks.js";
import { ADVICE } from "../../diagnosis/diagnosis-text.js";
import type { ShownDiagnosis } from "../shown.js";
import type { Finding, FindingRole, Mechanism } from "../../diagnosis/types.js";
import { capital } from "../../text/capital.js";
import { countOf } from "../../text/numbers.js";

/** Causes first: what is done about them may end the rest. */
const ROLES: readonly FindingRole[] = ["cause", "symptom", "remark"];

/** `closedSamples`: "Closed samples" */
export function findingHeading({ kind }: Pick<Finding, "kind">): string {
  return capital(kind.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`));
}

interface Placed {
  readonly finding: Finding;
  readonly id: string;
}

function inOrder({ findings }: ShownDiagnosis, prefix: string): Placed[] {
  const sorted = ROLES.flatMap((role) => findings.filter((finding) => finding.role === role));
  return sorted.map((finding, place) => ({ finding, id: `${prefix}finding-${place + 1}` }));
}

function mechanismSteps({ layers }: ShownDiagnosis, target: string): { text: string; target: string }[] {
  const units = layers.flatMap((layer) => layer.units);
  return (Object.keys(ADVICE) as Mechanism[]).flatMap((mechanism) => {
    const count = units.filter((unit) => unit.mechanism === mechanism).length;
    if (count === 0) return [];
    const words = { negativeBias: "bias", negativeWeights: "weights", silentInputs: "silent inputs" }[mechanism];
    return [{ text: `${countOf(count, "dead unit")} closed by ${words}: ${ADVICE[mechanism]}`, target }];
  });
}

/** Of causes, then of the dead, then of symptoms; remarks are no matter of doing. */
export function adviceSteps(diagnosis: ShownDiagnosis, prefix: string): Extract<Block, { kind: "steps" }>["steps"] {
  const placed = inOrder(diagnosis, prefix);
  const of = (role: FindingRole) =>
    placed
      .filter(({ finding }) => finding.role === role)
      .map(({ finding, id }) => ({ text: finding.advice, target: id }));
  const all = [...of("cause"), ...mechanismSteps(diagnosis, `${prefix}dead`), ...of("symptom")];
  return all.filter(({ text }, place) => all.findIndex((other) => other.text === text) === place);
}

export function findingItems(diagnosis: ShownDiagnosis, prefix: string): Item[] {
  return inOrder(diagnosis, prefix).map(({ finding, id }) => ({
    id,
    label: finding.role,
    heading: findingHeading(finding),
    texts: [finding.message, finding.advice],
  }));
}
