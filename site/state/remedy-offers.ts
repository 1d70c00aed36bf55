// Which cures to offer for a unit, the fitting one first, and why.
import type { CureName, DeathNote } from "../engine/types.js";
import { cutTo } from "../../src/text/numbers.js";
import type { UnitDiagnosis } from "../../src/index.js";

export interface Offer {
  readonly cure: CureName;
  readonly name: string;
  readonly reason: string;
  /** For lowerRate. */
  readonly rate?: number;
}

type Cause = DeathNote["cause"];

const REASONS: Readonly<Record<CureName, string>> = {
  liftBias: "Raises the bias of each dead unit until a tenth of the samples opens it; the answers stay as they are.",
  recycle: "Draws the incoming weights of idle units anew and lets them start with no say (ReDo).",
  leakyRelu:
    "Lets a little through where units are closed, so that their gradient is never 0. The answers change at once.",
  lowerRate: "Brings nothing back, but keeps the next step from being too large. Beside: the same start at this rate.",
};

/** The first fits best. */
const ORDERS: Readonly<Record<Cause, readonly CureName[]>> = {
  learningRate: ["liftBias", "lowerRate", "recycle", "leakyRelu"],
  momentum: ["liftBias", "lowerRate", "recycle", "leakyRelu"],
  weightDecay: ["liftBias", "recycle", "leakyRelu", "lowerRate"],
  upstream: ["recycle", "liftBias", "leakyRelu", "lowerRate"],
  drift: ["leakyRelu", "liftBias", "recycle", "lowerRate"],
  born: ["recycle", "liftBias", "leakyRelu", "lowerRate"],
  unknown: ["liftBias", "recycle", "leakyRelu", "lowerRate"],
};

const NAMES: Readonly<Record<CureName, string>> = {
  liftBias: "Lift the bias",
  recycle: "Recycle",
  leakyRelu: "Leaky ReLU",
  lowerRate: "Lower rate",
};

/** A closed bias is lifted first, whatever closed it; weights that hold a unit shut are drawn anew. */
function orderFor(cause: Cause, mechanism: UnitDiagnosis["mechanism"]): readonly CureName[] {
  const order = ORDERS[cause];
  const first: CureName | undefined =
    mechanism === "negativeBias" && cause === "born"
      ? "liftBias"
      : mechanism === "silentInputs"
        ? "recycle"
        : undefined;
  return first ? [first, ...order.filter((cure) => cure !== first)] : order;
}

export function offersFor(
  death: DeathNote | undefined,
  unit: UnitDiagnosis | undefined,
  rate: number,
): readonly Offer[] {
  return orderFor(death?.cause ?? "unknown", unit?.mechanism).map((cure) => {
    if (cure !== "lowerRate") return { cure, name: NAMES[cure], reason: REASONS[cure] };
    const next = cutTo(
      death?.survivesAt !== undefined && death.survivesAt < rate ? death.survivesAt * 0.9 : rate / 2,
      2,
    );
    return { cure, name: `${NAMES[cure]} to ${next}`, reason: REASONS[cure], rate: next };
  });
}
