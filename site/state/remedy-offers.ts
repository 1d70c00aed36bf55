// Which remedies to offer for a dead unit, the fitting one first, and why.
import { cutTo } from "../../src/text/numbers.js";
import type { UnitDiagnosis } from "../../src/index.js";
import type { DeathRecord, RemedyName } from "../engine/types.js";

export interface RemedyOffer {
  readonly remedy: RemedyName;
  readonly name: string;
  readonly reason: string;
  /** For lowerRate. */
  readonly rate?: number;
}

type Cause = DeathRecord["cause"];

const REASONS: Readonly<Record<RemedyName, string>> = {
  liftBias: "Raises the bias of each dead unit until it fires on a tenth of the samples. The outputs do not change.",
  recycle: "Draws new incoming weights for dormant units and sets their outgoing weights to 0 (ReDo).",
  leakyRelu:
    "Passes on a small share of a preactivation below 0, so that the gradient there is never 0. " +
    "The outputs change at once.",
  lowerRate: "Revives nothing, but keeps later steps from being too large. Compare: the same start at this rate.",
};

/** The first fits best. */
const ORDERS: Readonly<Record<Cause, readonly RemedyName[]>> = {
  learningRate: ["liftBias", "lowerRate", "recycle", "leakyRelu"],
  momentum: ["liftBias", "lowerRate", "recycle", "leakyRelu"],
  weightDecay: ["liftBias", "recycle", "leakyRelu", "lowerRate"],
  upstream: ["recycle", "liftBias", "leakyRelu", "lowerRate"],
  drift: ["leakyRelu", "liftBias", "recycle", "lowerRate"],
  born: ["recycle", "liftBias", "leakyRelu", "lowerRate"],
  unknown: ["liftBias", "recycle", "leakyRelu", "lowerRate"],
};

const NAMES: Readonly<Record<RemedyName, string>> = {
  liftBias: "Lift the bias",
  recycle: "Recycle",
  leakyRelu: "Leaky ReLU",
  lowerRate: "Lower rate",
};

/** The remedy for a mechanism that matters more than the cause: a closing bias is lifted, dead inputs are redrawn. */
function firstFor(cause: Cause, mechanism: UnitDiagnosis["mechanism"]): RemedyName | undefined {
  if (mechanism === "negativeBias" && cause === "born") return "liftBias";
  return mechanism === "silentInputs" ? "recycle" : undefined;
}

export function offersFor(
  death: DeathRecord | undefined,
  unit: UnitDiagnosis | undefined,
  rate: number,
): readonly RemedyOffer[] {
  const cause = death?.cause ?? "unknown";
  const first = firstFor(cause, unit?.mechanism);
  const order = ORDERS[cause].filter((remedy) => remedy !== first);
  return [...(first ? [first] : []), ...order].map((remedy) => {
    if (remedy !== "lowerRate") return { remedy, name: NAMES[remedy], reason: REASONS[remedy] };
    const survivesAt = death?.survivesAt;
    const lower = cutTo(survivesAt !== undefined && survivesAt < rate ? survivesAt * 0.9 : rate / 2, 2);
    return { remedy, name: `${NAMES[remedy]} to ${lower}`, reason: REASONS[remedy], rate: lower };
  });
}
