// The fits that the changes on the way cut a training into.
import type { Frame } from "../../engine/types.js";
import {
  type Change,
  type CureName,
  type EditName,
  endsFit,
  isCure,
  isEdit,
  isSetting,
} from "../../../training/changes.js";
import type { LiveSettings } from "../../../training/recipe.js";

/** What changes the network, not its settings. */
export type Act = Change & { readonly what: CureName | EditName };
const isAct = (change: Change): change is Act => isCure(change.what) || isEdit(change.what);

/** One fit: its steps, and the settings that hold in it. */
export interface Stage {
  readonly from: number;
  readonly to: number;
  readonly settings: LiveSettings;
  /** Rates that begin after a step of the whole training. */
  readonly rates: readonly (readonly [step: number, rate: number])[];
  /** Cures and edits before it. */
  readonly acts: readonly Act[];
}

function withChanges(settings: LiveSettings, changes: readonly Change[]): LiveSettings {
  const changed = changes.filter(({ what }) => isSetting(what)).map(({ what, value }) => [what, value]);
  return { ...settings, ...(Object.fromEntries(changed) as Partial<LiveSettings>) };
}

/** The fits that the changes cut the training into. */
export function stagesOf({ recipe, changes, step }: Pick<Frame, "recipe" | "changes" | "step">): Stage[] {
  const ends = [...new Set(changes.filter(endsFit).map((change) => change.step))];
  const starts = ends.includes(0) ? ends : [0, ...ends];
  let settings: LiveSettings = recipe;
  return starts.map((from, index) => {
    const to = starts[index + 1] ?? step;
    const here = changes.filter((change) => change.step === from);
    const later = changes.filter((change) => change.step > from && change.step < to);
    settings = withChanges(settings, here);
    const stage: Stage = {
      from,
      to,
      settings,
      rates: later.map((change) => [change.step - from, change.value!] as const),
      acts: here.filter(isAct),
    };
    settings = withChanges(settings, later);
    return stage;
  });
}

/** For programs whose rate stands still in a call: a change of the rate begins another stage too. */
export function plainStagesOf(frame: Pick<Frame, "recipe" | "changes" | "step">): Omit<Stage, "rates">[] {
  return stagesOf(frame).flatMap(({ rates, ...stage }) => {
    const starts = [0, ...rates.map(([step]) => step)];
    return starts.map((start, index) => ({
      from: stage.from + start,
      to: index + 1 < starts.length ? stage.from + starts[index + 1] : stage.to,
      settings: index === 0 ? stage.settings : { ...stage.settings, rate: rates[index - 1][1] },
      acts: index === 0 ? stage.acts : [],
    }));
  });
}
