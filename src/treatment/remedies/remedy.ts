// The remedies by name, with their options checked and their defaults filled in.
import { checkName, checkNumber, checkOptions, describe } from "../../core/checks.js";
import { RelumineError } from "../../core/errors.js";
import { REMEDY_KINDS } from "./kinds.js";
import { checkKernelInitializer, type KernelInitializer } from "../../network/initializer-spec.js";
import { checkUnits, type UnitPlace } from "./selection.js";
import { DIAGNOSIS_WORK } from "../../diagnosis/proof/prove.js";
import { type Activation, type ResolvedActivation, resolveActivation } from "../../activations/activations.js";

/** What to do about units that are dead on the samples. Each kind says in treat's documentation what it promises. */
export type Remedy =
  /**
   * Sets the bias so that this share of the samples (above 0, at most 1; default 0.1) opens the unit; outputs stay as
   * they are.
   */
  | {
      /** Which remedy. */
      readonly kind: "liftBias";
      /** Share of the samples. */
      readonly activity?: number;
      /** Only these, of those that it would treat. Default: all. */
      readonly units?: readonly UnitPlace[];
    }
  /**
   * Samples on which every unit of a hidden relu layer is closed open the nearest of its units: a dead one, so that
   * outputs stay as they are, or, where none is dead, a living one.
   */
  | {
      /** Which remedy. */
      readonly kind: "openSamples";
    }
  /**
   * ReDo (Sokar et al. 2023): units whose dormancy is at most dormantBelow (default 0.025) get new incoming weights,
   * and outgoing weights of 0.
   */
  | {
      /** Which remedy. */
      readonly kind: "recycle";
      /** Mean |activation| over the layer's mean. */
      readonly dormantBelow?: number;
      /** Only these, of those that it would treat. Default: all. */
      readonly units?: readonly UnitPlace[];
    }
  /**
   * Dead units get incoming weights and a bias as at the start, from this initializer (default: the layer's); outgoing
   * weights stay.
   */
  | {
      /** Which remedy. */
      readonly kind: "reinitialize";
      /** Where the new weights come from. */
      readonly kernelInitializer?: KernelInitializer;
      /** Only these, of those that it would treat. Default: all. */
      readonly units?: readonly UnitPlace[];
    }
  /** Hidden layers whose units can die get this activation instead, with the same weights. */
  | {
      /** Which remedy. */
      readonly kind: "replaceActivation";
      /** The new one. */
      readonly activation: Activation;
    }
  /**
   * Takes out what changes no output on the samples: dead units, constant ones (folded into the next bias), those whose
   * outgoing weights are 0.
   */
  | {
      /** Which remedy. */
      readonly kind: "prune";
      /**
       * Multiplications that may be spent on what holds in the whole range of the samples; it decides what is said, not
       * what is taken out. Default 1.2e9, a second or two; 0: what bounds in one pass prove, and no input is searched
       * that opens a unit.
       */
      readonly budget?: number;
    };

/** The remedies of `treat` by name. */
export type RemedyKind = Remedy["kind"];

/** A remedy with its defaults filled in. */
export type ResolvedRemedy =
  | {
      /** Which remedy. */
      readonly kind: "liftBias";
      /** Share of the samples that opens the unit. */
      readonly activity: number;
      /** Absent: all. */
      readonly units?: readonly UnitPlace[];
    }
  | {
      /** Which remedy. */
      readonly kind: "openSamples";
    }
  | {
      /** Which remedy. */
      readonly kind: "recycle";
      /** The largest dormancy that is treated. */
      readonly dormantBelow: number;
      /** Absent: all. */
      readonly units?: readonly UnitPlace[];
    }
  | {
      /** Which remedy. */
      readonly kind: "reinitialize";
      /** Absent: the layer's own. */
      readonly kernelInitializer?: KernelInitializer;
      /** Absent: all. */
      readonly units?: readonly UnitPlace[];
    }
  | {
      /** Which remedy. */
      readonly kind: "replaceActivation";
      /** With its alpha filled in. */
      readonly activation: ResolvedActivation;
    }
  | {
      /** Which remedy. */
      readonly kind: "prune";
      /** Multiplications that may be spent on proofs. */
      readonly budget: number;
    };

export const DEFAULT_ACTIVITY = 0.1;
const DORMANT_BELOW = 0.025;

const OPTIONS: Readonly<Record<RemedyKind, readonly string[]>> = {
  liftBias: ["activity", "units"],
  openSamples: [],
  recycle: ["dormantBelow", "units"],
  reinitialize: ["kernelInitializer", "units"],
  replaceActivation: ["activation"],
  prune: ["budget"],
};

/** @throws RelumineError "value" */
export function checkRemedy(remedy: unknown): ResolvedRemedy {
  if (typeof remedy !== "object" || remedy === null || Array.isArray(remedy)) {
    throw new RelumineError("value", "remedy", 'to be an object like { kind: "liftBias" }', describe(remedy));
  }
  const kind = checkName("remedy.kind", (remedy as Remedy).kind, REMEDY_KINDS);
  const given = checkOptions(
    "remedy",
    remedy as {
      activity?: unknown;
      dormantBelow?: unknown;
      kernelInitializer?: unknown;
      activation?: unknown;
      budget?: unknown;
      units?: unknown;
    },
    ["kind", ...OPTIONS[kind]],
  );
  const chosen = given.units === undefined ? {} : { units: checkUnits(given.units) };
  switch (kind) {
    case "liftBias":
      return {
        kind,
        activity: checkNumber("activity", given.activity ?? DEFAULT_ACTIVITY, { low: 0, openLow: true, high: 1 }),
        ...chosen,
      };
    case "recycle":
      return {
        kind,
        dormantBelow: checkNumber("dormantBelow", given.dormantBelow ?? DORMANT_BELOW, { low: 0 }),
        ...chosen,
      };
    case "reinitialize":
      return given.kernelInitializer === undefined
        ? { kind, ...chosen }
        : {
            kind,
            ...chosen,
            kernelInitializer: checkKernelInitializer("kernelInitializer", given.kernelInitializer),
          };
    case "replaceActivation":
      return { kind, activation: resolveActivation("activation", given.activation as Activation) };
    case "openSamples":
      return { kind };
    case "prune":
      return { kind, budget: checkNumber("budget", given.budget ?? DIAGNOSIS_WORK, { low: 0 }) };
  }
}
