// A death in one sentence, with its figures.
import type { Death } from "./types.js";
import { total } from "./types.js";

interface Circumstances {
  /** Of the lethal update; NaN where it is not known. */
  readonly rate: number;
  /** The mean preactivation where the window began. */
  readonly windowMean: number;
  /** The update at the latest that closed it, where it lived through the one of the last batch that opened it. */
  readonly closedBy: number | undefined;
}

const figure = (value: number) =>
  String(Number(value.toPrecision(3)))
    .replace("-", "−")
    .replace("e−", "e-");
const signed = (value: number) => (value > 0 ? "+" : "") + figure(value);
const spread = ({ mean, std }: Death["before"]) => `${signed(mean)} ± ${figure(Number(std.toPrecision(2)))}`;
const share = (part: number, whole: number) => `${Math.round((100 * part) / whole)} %`;

/** Cut, not rounded, so that the figure holds. */
function rateText(rate: number): string {
  const unit = 10 ** (Math.floor(Math.log10(rate)) - 2);
  return String(Number((Math.floor(rate / unit) * unit).toPrecision(3)));
}

function reason(death: Omit<Death, "explanation">, { windowMean }: Circumstances): string {
  const { cause, change, before, after } = death;
  const fall = total(change);
  switch (cause) {
    case "upstream":
      return fall < 0 && change.inputs < fall / 2
        ? `; ${share(change.inputs, fall)} of that came from its inputs`
        : "; its inputs did it";
    case "drift":
      return `, the last part of a fall from ${signed(windowMean)} over the window (${share(before.mean - after.mean, windowMean - after.mean)} of it)`;
    case "momentum":
      return "; without momentum that update would not have closed it";
    case "weightDecay":
      return "; without weight decay that update would not have closed it";
    case "learningRate":
      return "; the plain gradient step did it";
    default:
      return "; the update could not be replayed, so that its cause is not known";
  }
}

const AFTERMATH: Partial<Record<Death["cause"], string>> = {
  upstream: "its inputs",
  momentum: "momentum",
  weightDecay: "weight decay",
};

export function explain(death: Omit<Death, "explanation">, circumstances: Circumstances): string {
  const { layer, unit, step, cause, before, after, survivesAt } = death;
  const { rate, closedBy } = circumstances;
  const name = `unit ${unit} in layer ${layer}`;
  if (cause === "born")
    return `${name} was silent from the start: its preactivation was ${spread(before)}, at most ${figure(before.max)}`;
  const path =
    step === 0
      ? `no batch ever opened ${name}, whose preactivation was ${spread(before)} at the start`
      : `the preactivation of ${name} went from ${spread(before)} to ${spread(after)} in step ${step}`;
  const end =
    closedBy === undefined
      ? reason(death, circumstances)
      : `; after that ${AFTERMATH[cause] ?? "something else"} closed it, by step ${closedBy} at the latest`;
  const cure =
    survivesAt === undefined
      ? ""
      : `; at a rate of ${rateText(survivesAt)} or less (it was ${figure(rate)}) it would have lived`;
  return path + end + cure;
}
