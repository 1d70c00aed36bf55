// What was found beside the states of units, and what to do about all of it, in order.
import type { Block, Item } from "../blocks.js";
import { adviceFor, closedSo, MECHANISMS } from "../../diagnosis/diagnosis-text.js";
import type { ShownDiagnosis } from "../shown.js";
import type { Finding, FindingRole } from "../../diagnosis/types.js";
import { capital } from "../../text/capital.js";
import { countOf } from "../../text/numbers.js";
import { shiftName } from "../../text/shift.js";

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
  return MECHANISMS.flatMap((mechanism) => {
    const closed = closedSo(layers, mechanism);
    if (closed.units === 0) return [];
    const words = {
      negativeBias: shiftName(closed.layers),
      negativeWeights: "weights",
      zeroGamma: "a gamma of 0",
      silentInputs: "silent inputs",
    }[mechanism];
    const advice = adviceFor(mechanism, closed.layers);
    return [{ text: `${countOf(closed.units, "dead unit")} closed by ${words}: ${advice}`, target }];
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
