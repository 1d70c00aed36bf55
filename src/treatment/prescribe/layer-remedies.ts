// Remedies that give layers what they may have beside weights and an activation: normalization, skip connections,
// dropout, a penalty. Tried where something that was found asks for them, after what is simpler.
import { hidden } from "./output-that-fits.js";
import type { Change } from "./changes.js";
import type { Facts, Remedy } from "./situation.js";
import {
  DEFAULT_EPSILON,
  DEFAULT_MOMENTUM,
  USUAL_EPSILON,
  type NormalizationKind,
  type ResolvedNormalization,
} from "../../network/normalization.js";
import { resolveSpec, type ResolvedSpec } from "../../network/spec.js";

const normalized = (kind: NormalizationKind): Change =>
  hidden((layer) => ({ ...layer, normalization: layer.normalization ?? kind }));

type Layer = ResolvedSpec["layers"][number];

const isMovedOtherwise = ({ normalization }: Layer): boolean =>
  normalization?.kind === "batch" && normalization.momentum !== DEFAULT_MOMENTUM;
const hasLargeEpsilon = ({ normalization }: Layer): boolean => (normalization?.epsilon ?? 0) > USUAL_EPSILON;

/** Some layers' normalization is another kind, or has other numbers. */
const renormalized =
  (isMeant: (layer: Layer) => boolean, by: NormalizationKind | Partial<ResolvedNormalization>): Change =>
  (settings) => {
    const { spec } = settings;
    const layers = spec.layers.map((layer) =>
      isMeant(layer)
        ? { ...layer, normalization: typeof by === "string" ? by : { ...layer.normalization!, ...by } }
        : layer,
    );
    return { ...settings, spec: resolveSpec({ ...spec, layers }) };
  };

/** Rows of a batch that say enough of a unit's mean and variance, units of a layer of a row's. */
const LEAST_ROWS = 8;
const LEAST_UNITS = 4;

/** Whether batches of one row leave it nothing but beta. */
const normalizesBatches = ({ normalization, frozen }: Layer): boolean => normalization?.kind === "batch" && !frozen;

/** Rows of a batch as `fit` takes them by itself. */
const USUAL_ROWS = 32;

/** As many rows an update as before, if there were more. */
const inBatches: Change = ({ accumulate = 1, ...settings }) => ({
  ...settings,
  batchSize: Math.max(USUAL_ROWS, accumulate),
});

/** Hidden layers whose inputs may pass them by. */
function widthsMeet({ layers }: ResolvedSpec, index: number): boolean {
  return index > 0 && index < layers.length - 1 && layers[index - 1].units === layers[index].units;
}

const passedBy: Change = (settings) => {
  const { spec } = settings;
  const layers = spec.layers.map((layer, l) => (widthsMeet(spec, l) ? { ...layer, residual: true } : layer));
  return { ...settings, spec: resolveSpec({ ...spec, layers }) };
};

/** From so many on a gradient is the better for a way past them. */
const DEEP = 2;

const RATES = { dropout: 0.2, l2: 0.001 };

const penalized: Change = (settings) => {
  const { spec } = settings;
  const layers = spec.layers.map((layer) => ({
    ...layer,
    kernelRegularizer: { ...layer.kernelRegularizer, l2: Math.max(layer.kernelRegularizer?.l2 ?? 0, RATES.l2) },
  }));
  return { ...settings, spec: resolveSpec({ ...spec, layers }) };
};

const unheld: Change = (settings) => {
  const { spec } = settings;
  const layers = spec.layers.map(
    ({ kernelRegularizer: _kernel, activityRegularizer: _activity, maxNorm: _norm, dropout: _dropout, ...layer }) =>
      layer,
  );
  return { ...settings, spec: resolveSpec({ ...spec, layers }) };
};

/** Where batches have one row each, and are normalized. */
function ofSingleRows({ wasTrained, baseline: { spec, batchSize } }: Facts): Remedy[] {
  const normalized = spec.layers.filter(normalizesBatches);
  const when = batchSize === 1 && normalized.length > 0;
  return [
    {
      name: `batches of ${USUAL_ROWS} rows`,
      family: "batch",
      why: "of one row batch normalization leaves beta alone, of more it leaves what sets a row apart",
      change: inBatches,
      answers: ["stepsTooSmall", "notLearned"],
      when,
    },
    {
      name: "layer normalization for batches of one row",
      family: "normalization",
      why: "a row has a mean and a spread of its own, over the layer",
      change: renormalized(normalizesBatches, "layer"),
      answers: ["stepsTooSmall", "notLearned"],
      when: when && !wasTrained && normalized.every(({ units }) => units >= LEAST_UNITS),
    },
  ];
}

/** A network that was trained before would be another one with these: they begin with new ones. */
export function structures(facts: Facts): Remedy[] {
  const { inner, hasHidden, wasTrained, baseline } = facts;
  const { spec, batchSize } = baseline;
  return [
    {
      name: "batch normalization",
      family: "normalization",
      why: "each unit sees its batch with mean 0 and spread 1, whatever the layers below do",
      change: normalized("batch"),
      answers: ["highRate", "divergence", "negativeBias", "born", "unscaledInputs", "vanishingGradient"],
      when: hasHidden && !wasTrained && batchSize >= LEAST_ROWS,
    },
    {
      name: "layer normalization",
      family: "normalization",
      why: "each row reaches the units with mean 0 and spread 1 over its layer",
      change: normalized("layer"),
      answers: ["highRate", "divergence", "vanishingGradient"],
      when: hasHidden && !wasTrained && inner.every(({ units }) => units >= LEAST_UNITS),
    },
    {
      name: `running momentum ${DEFAULT_MOMENTUM}`,
      family: "normalization",
      why: "running statistics are means of some twenty batches",
      change: renormalized(isMovedOtherwise, { momentum: DEFAULT_MOMENTUM }),
      answers: ["statisticsMismatch"],
      when: !wasTrained && spec.layers.some(isMovedOtherwise),
    },
    ...ofSingleRows(facts),
    {
      name: `epsilon ${DEFAULT_EPSILON} of normalizations`,
      family: "normalization",
      why: "what is added to variances is far below them",
      change: renormalized(hasLargeEpsilon, { epsilon: DEFAULT_EPSILON }),
      answers: ["heldDown"],
      when: !wasTrained && spec.layers.some(hasLargeEpsilon),
    },
    {
      name: "no penalty, norm limit or dropout",
      family: "penalty",
      why: "nothing but the gradient holds weights and units down",
      change: unheld,
      answers: ["heldDown"],
    },
    {
      name: "skip connections",
      family: "residual",
      why: "a closed layer hands its inputs on, and the gradient",
      change: passedBy,
      answers: ["vanishingGradient", "collapsedOutput", "born"],
      when: !wasTrained && spec.layers.filter((_, l) => widthsMeet(spec, l)).length >= DEEP,
    },
  ];
}

/** Against rows that are learned by heart. */
export function restraints({ hasHidden }: Facts): Remedy[] {
  return [
    {
      name: `dropout ${RATES.dropout}`,
      family: "dropout",
      why: "no unit can count on any other",
      change: hidden((layer) => ({ ...layer, dropout: Math.max(layer.dropout ?? 0, RATES.dropout) })),
      answers: ["overfitting", "heldOutElsewhere"],
      when: hasHidden,
    },
    {
      name: `L2 ${RATES.l2}`,
      family: "penalty",
      why: "the squares of the weights are added to the loss",
      change: penalized,
      answers: ["overfitting", "heldOutElsewhere"],
    },
  ];
}
