// What layers of a pasted program have beside their sums, and what holds their weights down: by what it looks like.
import type { Recipe } from "../../../training/recipe.js";
import { MOST_DROPOUT } from "../../../training/recipe.js";
import { refusePaste } from "./vocabulary.js";

type Extras = Pick<Recipe, "normalization" | "dropout" | "residual" | "l1" | "l2">;

export interface LayerExtras extends Extras {
  readonly leftOut: readonly string[];
}

const NUMBER = String.raw`(\d+\.?\d*(?:e[-+]?\d+)?|\.\d+)`;
const NORMALIZATION = /\b(BatchNorm1d|LazyBatchNorm1d|BatchNormalization|LayerNorm|LayerNormalization)\s*\(/g;
/** What a normalization may stand behind. */
const BEFORE = /\b(Linear|Dense|ReLU|LeakyReLU|ELU|GELU|SiLU|Tanh|Sigmoid|Activation|activation\s*=\s*"(?!linear)\w+)/g;

function normalizationIn(text: string): Pick<LayerExtras, "normalization" | "leftOut"> {
  const calls = [...text.matchAll(NORMALIZATION)];
  const kinds = new Set(calls.map(([, name]) => (name.includes("Batch") ? "batch" : "layer")));
  if (kinds.size > 1) refusePaste("to have one normalization in all hidden layers", "batch and layer normalization");
  if (calls.length === 0) return { normalization: "none", leftOut: [] };
  const before = text.slice(0, calls[0].index).match(BEFORE)?.at(-1);
  if (before === undefined || /^(Linear|Dense)$/.test(before)) return { normalization: [...kinds][0], leftOut: [] };
  return { normalization: "none", leftOut: ["normalization that stands behind an activation (here it stands before)"] };
}

function dropoutIn(text: string): Pick<LayerExtras, "dropout" | "leftOut"> {
  const calls = [...text.matchAll(/\bDropout\s*\(\s*(?:(?:p|rate)\s*=\s*)?([\d.e-]*)/g)];
  const shares = [...new Set(calls.map(([, share]) => (share === "" ? 0.5 : Number(share))))];
  const [dropout = 0] = shares;
  if (!(dropout >= 0 && dropout <= MOST_DROPOUT))
    refusePaste(`to have a dropout from 0 to ${MOST_DROPOUT}`, `${dropout}`);
  return { dropout, leftOut: shares.length > 1 ? [`dropout of ${shares.slice(1).join(" and ")}`] : [] };
}

const numberIn = (pattern: string, text: string, byDefault = 0): number => {
  const found = new RegExp(pattern, "i").exec(text);
  return found ? Number(found[1]) : byDefault;
};

/** Keras' regularizers, and the penalty of the page's own programs for PyTorch. */
function penaltiesIn(text: string): Pick<LayerExtras, "l1" | "l2"> {
  const own = {
    l1: numberIn(String.raw`${NUMBER} \* w\.abs\(\)`, text),
    l2: numberIn(String.raw`${NUMBER} \* w\.square\(\)`, text),
  };
  const call = /\bregularizers\.(l1_l2|L1L2|l1|l2)\s*\(([^()]*)\)/i.exec(text);
  if (!call) return own;
  const [, name, given] = call;
  const alone = numberIn(String.raw`^\s*${NUMBER}`, given, 0.01);
  return {
    l1: /l1/i.test(name) ? numberIn(String.raw`\bl1\s*=\s*${NUMBER}`, given, name.length === 2 ? alone : 0) : 0,
    l2: /l2$/i.test(name) ? numberIn(String.raw`\bl2\s*=\s*${NUMBER}`, given, name.length === 2 ? alone : 0) : 0,
  };
}

export function extrasIn(text: string): LayerExtras {
  const normalization = normalizationIn(text);
  const dropout = dropoutIn(text);
  return {
    ...normalization,
    ...dropout,
    ...penaltiesIn(text),
    residual: /\bresidual\s*=\s*True\b/.test(text),
    leftOut: [...normalization.leftOut, ...dropout.leftOut],
  };
}

/** A schedule whose length in epochs is said; that of the page's own programs stands in a comment. */
export function scheduleIn(
  text: string,
): Pick<Recipe, "schedule"> & Partial<Pick<Recipe, "scheduleEpochs">> & { readonly leftOut: readonly string[] } {
  const own = /# (cosine|warmup|oneCycle) over (\d+) epochs/.exec(text);
  const cosine = /\bCosineAnnealingLR\s*\([^()]*?(?:T_max\s*=\s*|,\s*)(\d+)/.exec(text);
  const cycle = /\bOneCycleLR\s*\((?:[^()]*?)\bepochs\s*=\s*(\d+)/.exec(text);
  if (own) return { schedule: own[1] as Recipe["schedule"], scheduleEpochs: Number(own[2]), leftOut: [] };
  if (cosine) return { schedule: "cosine", scheduleEpochs: Number(cosine[1]), leftOut: [] };
  if (cycle) return { schedule: "oneCycle", scheduleEpochs: Number(cycle[1]), leftOut: [] };
  const other = /\b(\w+LR|ReduceLROnPlateau|\w+Decay)\s*\(/.exec(text);
  return { schedule: "constant", leftOut: other ? [`the schedule ${other[1]}`] : [] };
}
