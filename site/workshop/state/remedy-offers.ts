// Which cures to offer for a dead unit, the fitting one first, and why. A remedy that brings units back leaves the
// cause in place, and units die again of it: so the first is a pair, the remedy and what removes the cause.
import type { UnitDiagnosis } from "../../../src/index.js";
import { capital } from "../../../src/text/capital.js";
import type { Cure, DeathRecord, RemedyName, UnitName } from "../engine/types.js";
import type { LiveSettings } from "../../training/recipe.js";

export interface CureOffer {
  readonly cure: Cure;
  readonly name: string;
  readonly reason: string;
}

type Cause = DeathRecord["cause"];

const REASONS: Readonly<Record<RemedyName, string>> = {
  liftBias: "Raises the bias of each dead unit until it fires on a tenth of the samples. The outputs do not change.",
  recycle: "Draws new incoming weights for dormant units and sets their outgoing weights to 0 (ReDo).",
  leakyRelu:
    "Passes on a small share of a preactivation below 0, so that the gradient there is never 0. " +
    "The outputs change at once.",
  lowerRate:
    "Revives nothing, but keeps later steps from being too large: looks for a rate at which no unit dies, by " +
    "training from the start at a half of it, a quarter ... Compare: the same start at that rate.",
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
  unexplained: ["liftBias", "recycle", "leakyRelu", "lowerRate"],
};

const NAMES: Readonly<Record<RemedyName, string>> = {
  liftBias: "Lift the bias",
  recycle: "Recycle",
  leakyRelu: "Leaky ReLU",
  lowerRate: "Lower rate",
};

/** What works on after the death: steps that are too large, or a decay. What closed a unit at birth is over. */
const LASTING: Readonly<Record<Cause, "rate" | "decay" | undefined>> = {
  learningRate: "rate",
  momentum: "rate",
  upstream: "rate",
  drift: "rate",
  unknown: "rate",
  unexplained: "rate",
  weightDecay: "decay",
  born: undefined,
};

/** The remedy for a mechanism that matters more than the cause: a closing bias is lifted, dead inputs are redrawn. */
function firstFor(cause: Cause, mechanism: UnitDiagnosis["mechanism"]): RemedyName | undefined {
  if (mechanism === "negativeBias" && cause === "born") return "liftBias";
  return mechanism === "silentInputs" ? "recycle" : undefined;
}

/** All units that are dead: their deaths, and how many have died of what is not known yet. */
interface DeadUnits {
  readonly deaths: readonly DeathRecord[];
  readonly undetermined: number;
  /** The inputs' scales make the steps too large: until they are standardized no cure here removes the cause. */
  readonly isOfInputs?: boolean;
}

/** What keeps closing units: of its own death, or else of most others. */
function lastingCause(cause: Cause, { deaths, undetermined }: DeadUnits): "rate" | "decay" | undefined {
  if (LASTING[cause]) return LASTING[cause];
  const known = deaths.flatMap((death) => LASTING[death.cause] ?? []);
  const others = [...known, ...new Array<"rate">(undetermined).fill("rate")];
  if (others.length === 0) return undefined;
  return others.filter((each) => each === "decay").length > others.length / 2 ? "decay" : "rate";
}

/** Bring back, and remove the cause; its reason is no sentence yet. */
function pairFor(
  lasting: "rate" | "decay" | undefined,
  order: readonly RemedyName[],
  settings: LiveSettings,
): CureOffer | undefined {
  const remedy = order.find((each) => each === "liftBias" || each === "recycle")!;
  if (!lasting) return undefined;
  if (lasting === "decay" && settings.decay > 0)
    return {
      cure: { remedy, decay: 0 },
      name: `${NAMES[remedy]}, no weight decay`,
      reason: "brings the dead units back, and takes away what closed them.",
    };
  return {
    cure: { remedy, rate: "find" },
    name: `${NAMES[remedy]} and a lower rate`,
    reason:
      "brings the dead units back, and looks for a rate at which they live, by training copies at a half of it, " +
      "a quarter ...",
  };
}

/** @param death of the unit that is chosen */
export function offersFor(
  death: DeathRecord | undefined,
  unit: UnitDiagnosis | undefined,
  settings: LiveSettings,
  dead: DeadUnits = { deaths: [], undetermined: 0 },
): readonly CureOffer[] {
  const cause = death?.cause ?? "unknown";
  const first = firstFor(cause, unit?.mechanism);
  const order = [...(first ? [first] : []), ...ORDERS[cause].filter((remedy) => remedy !== first)];
  const pair = pairFor(lastingCause(cause, dead), order, settings);
  const fitting = (reason: string) => (dead.isOfInputs ? capital(reason) : `Fits the cause: ${reason}`);
  const single = order.map((remedy, place): CureOffer => {
    const fits = place === 0 && !pair && death && !dead.isOfInputs ? "Fits the cause. " : "";
    const cure: Cure = remedy === "lowerRate" ? { remedy, rate: "find" } : { remedy };
    return { cure, name: NAMES[remedy], reason: fits + REASONS[remedy] };
  });
  return [...(pair ? [{ ...pair, reason: fitting(pair.reason) }] : []), ...single];
}

const REASONS_ALONE: Readonly<Partial<Record<RemedyName, string>>> = {
  liftBias: "Raises its bias until it fires on a tenth of the samples. The outputs do not change.",
  recycle: "Draws new incoming weights for it and sets its outgoing weights to 0 (ReDo).",
};

/** Those that can be for one unit alone; the others stay as they are. */
export function forUnit(offers: readonly CureOffer[], unit: UnitName): readonly CureOffer[] {
  return offers.flatMap(({ cure, name, reason }) => {
    const alone = REASONS_ALONE[cure.remedy];
    if (!alone) return [];
    const isPair = cure.rate !== undefined || cure.decay !== undefined;
    return [{ cure: { ...cure, unit }, name, reason: isPair ? reason.replace("the dead units", "it") : alone }];
  });
}
