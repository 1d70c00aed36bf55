// What the base itself has for an axis: the setting that a user would train with.
import { type Draft, draftedTrial } from "../plan/base.js";
import { parsePath, type Plain, type PlainObject } from "../plan/plain.js";

/** What all have; undefined where they differ, or there is none. */
function common(values: readonly unknown[]): unknown {
  const texts = new Set(values.map((value) => JSON.stringify(value)));
  return texts.size === 1 ? values[0] : undefined;
}

function readAt(target: Plain, steps: readonly string[]): Plain | undefined {
  let at: Plain | undefined = target;
  for (const step of steps) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = (at as PlainObject)[step];
  }
  return at;
}

/** Undefined where the base has none, or several. */
export function ownValue(draft: Draft, name: string): unknown {
  const { settings, epochs } = draftedTrial(draft);
  const hidden = settings.spec.layers.slice(0, -1);
  const options = settings.optimizer.options as PlainObject;
  switch (name) {
    case "learningRate":
      return options.learningRate;
    case "bias":
      return common(hidden.map(({ biasInitializer }) => biasInitializer));
    case "units":
      return common(hidden.map(({ units }) => units));
    case "activation": {
      const names = hidden.map(({ activation }) => activation.name);
      return common(names);
    }
    case "depth":
      return hidden.length;
    case "optimizer":
      return settings.optimizer.name;
    case "batchSize":
      return settings.batchSize;
    case "epochs":
      return epochs;
    default: {
      const fit = { ...draft.fit, optimizer: { name: settings.optimizer.name, options } };
      const all = { spec: settings.spec as unknown as Plain, fit, remedies: draft.remedies };
      return readAt(all, parsePath(name) ?? []);
    }
  }
}
