// The loss that a callback or a schedule watches.
import { RelumineError } from "../../../core/errors.js";

export const MONITORS = ["loss", "validationLoss"] as const;

/** Of the training rows, or of those that are held out. */
export type Monitor = (typeof MONITORS)[number];

/** Of a fit's plan, what tells whether rows validate. */
interface Rows {
  readonly validation: object | undefined;
  readonly trainingRows: number;
  readonly data: { readonly rows: number };
}

/** Of an epoch's log, the losses. */
interface Losses {
  readonly loss: number;
  readonly validation?: { readonly loss: number };
}

/** @throws RelumineError "value" where a validation loss is to be watched and there is none */
export function checkMonitor(who: string, monitor: unknown, { validation, trainingRows, data }: Rows): void {
  if (monitor !== "validationLoss" || validation || trainingRows < data.rows) return;
  throw new RelumineError("value", "validation", `to be given where ${who} has monitor: "validationLoss"`, "none");
}

/** The watched loss of an epoch: by default the validation loss where there is validation, else the loss. */
export function monitored({ loss, validation }: Losses, monitor: Monitor | undefined): number {
  return monitor === "loss" ? loss : (validation?.loss ?? loss);
}
