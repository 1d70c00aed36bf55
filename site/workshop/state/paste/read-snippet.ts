// The lines of a program for PyTorch or Keras that make a network and its optimizer, read by what they look like: names
// and numbers, no program is run.
import type { Recipe, StartName } from "../../../training/recipe.js";
import { extrasIn, scheduleIn } from "./read-layers.js";
import { ACTIVATION_WORDS, OPTIMIZER_WORDS, type Reading, refusePaste, withMomentum } from "./vocabulary.js";

/** Of a call with no call in its arguments but one without arguments: `model.parameters()`. */
const ARGUMENTS = String.raw`\(((?:[^()]|\([^()]*\))*)\)`;

const NUMBER = String.raw`(\d+\.?\d*(?:e[-+]?\d+)?|\.\d+)`;

function numberNamed(names: string, text: string): number | undefined {
  const found = new RegExp(String.raw`\b(?:${names})\s*=\s*${NUMBER}`, "i").exec(text);
  return found ? Number(found[1]) : undefined;
}

interface Layers {
  readonly sizes: number[];
  readonly activations: readonly string[];
  readonly start: StartName;
}

/** Without comments and with one kind of quotes. */
function cleaned(text: string): string {
  return text
    .replaceAll(/#.*$/gm, "")
    .replaceAll("'", '"')
    .replaceAll(/^class \w+\(torch\.optim\.Optimizer\).*$/gm, "") // of the page's own programs, as what follows
    .replaceAll(/nn\.Linear\(inputs, units\)|self\.dense\(x\)/g, "")
    .replaceAll(/\bLayer\((\d+, \d+)/g, "nn.Linear($1");
}

const isOutputAlone = (name: string) => /^(log)?softmax$/.test(name) || name === "linear" || name === "none";

/** `nn.Linear(64, 32)`: the units of all but the last are hidden. */
function readPytorch(text: string): Layers | undefined {
  const calls = [...text.matchAll(new RegExp(String.raw`\b(?:Lazy)?Linear\s*${ARGUMENTS}`, "g"))];
  if (calls.length === 0) return undefined;
  const units = calls.map(([call, given]) => {
    const numbers = given.split(",").map((part) => part.replace(/^\s*\w+\s*=/, "").trim());
    const last = call.startsWith("Lazy") ? numbers[0] : numbers[1];
    return sizeIn(last, call);
  });
  const modules = [...text.matchAll(/\b(?:nn\.)?(ReLU|LeakyReLU|ELU|GELU|SiLU|Tanh|Sigmoid)\s*\(/g)];
  const functions = [...text.matchAll(/\b(?:F|torch|functional)\.(relu|leaky_relu|elu|gelu|silu|tanh|sigmoid)\s*\(/g)];
  const found = new Set([...modules, ...functions].map(([, name]) => name.toLowerCase().replaceAll("_", "")));
  if (found.size > 1) found.delete("sigmoid"); // of the output
  return { sizes: units.slice(0, -1), activations: [...found], start: startIn(text, "torchLinear") };
}

function sizeIn(text: string | undefined, call: string): number {
  const size = Number(text);
  return text && Number.isInteger(size) ? size : refusePaste("to have sizes that are numbers", call.slice(0, 60));
}

/** `Dense(64, activation="relu")`: all but the last are hidden. */
function readKeras(text: string): Layers | undefined {
  const calls = [...text.matchAll(new RegExp(String.raw`\bDense\s*${ARGUMENTS}`, "gi"))];
  if (calls.length === 0) return undefined;
  const units = calls.map(([call, given]) => sizeIn(/^\s*(?:units\s*=\s*)?(\d+)/.exec(given)?.[1], call));
  const own = calls.slice(0, -1).flatMap(([, given]) => {
    const name = /\bactivation\s*=\s*"?([\w.]+)/.exec(given)?.[1] ?? /^\s*\d+\s*,\s*"(\w+)"/.exec(given)?.[1];
    return name ? [name.split(".").at(-1)!] : [];
  });
  const layers = [
    ...text.matchAll(/\b(ReLU|LeakyReLU|ELU)\s*\(|\b(?:Activation|activations\.get)\s*\(\s*"?(\w+)/g),
  ].map(([, a, b]) => a ?? b);
  const found = new Set(
    [...own, ...layers].map((name) => name.toLowerCase().replaceAll("_", "")).filter((name) => !isOutputAlone(name)),
  );
  return { sizes: units.slice(0, -1), activations: [...found], start: startIn(text, "glorotUniform") };
}

const STARTS: readonly (readonly [pattern: RegExp, start: StartName])[] = [
  [/kaiming_normal_?\b[^\n]*"linear"|lecun_?normal/i, "lecunNormal"],
  [/kaiming_normal|he_?normal/i, "heNormal"],
  [/kaiming_uniform|he_?uniform/i, "heUniform"],
  [/xavier_normal|glorot_?normal/i, "glorotNormal"],
  [/xavier_uniform|glorot_?uniform/i, "glorotUniform"],
  [/orthogonal/i, "orthogonal"],
];

/** Of the first line or argument that says one, if the last says the same or the output's usual one. */
function startIn(text: string, byDefault: StartName): StartName {
  const said = text.split(/\n|Dense/).flatMap((line) => STARTS.find(([pattern]) => pattern.test(line))?.[1] ?? []);
  if (said.length === 0) return byDefault;
  return said[0] === "heNormal" && said.at(-1) === "glorotUniform" ? "usual" : said[0];
}

const OPTIMIZER_CALL = new RegExp(String.raw`\b(SGD|AdamW|NAdam|Adamax|Adam|RMSprop|Adagrad|Lion)\s*${ARGUMENTS}`, "i");
const UNKNOWN_OPTIONS = /\b(nesterov\s*=\s*True|amsgrad\s*=\s*True|dampening|centered\s*=\s*True|betas|beta_[12])\b/g;

function readOptimizer(text: string): Partial<Reading> & Pick<Reading, "leftOut"> {
  const call = OPTIMIZER_CALL.exec(text);
  const word = (call?.[1] ?? /\boptimizer\s*=\s*"(\w+)"/.exec(text)?.[1])?.toLowerCase();
  if (word === undefined || !Object.hasOwn(OPTIMIZER_WORDS, word)) {
    if (word !== undefined)
      refusePaste("to have SGD, Adam, AdamW, NAdam, Adamax, RMSprop, Adagrad or Lion as optimizer", word);
    return { leftOut: [] };
  }
  const given = call?.[2] ?? "";
  const [name, byDefault] = OPTIMIZER_WORDS[word];
  const positional = new RegExp(String.raw`^\s*(?:[^,=]*,\s*)?${NUMBER}\s*(?:,|$)`, "i").exec(given)?.[1];
  const rate = numberNamed("lr|learning_rate", given) ?? (positional === undefined ? byDefault : Number(positional));
  const momentum = numberNamed("momentum", given) ?? 0;
  const isKeras = /keras|Dense/.test(text);
  const usualDecay = isKeras ? 0.004 : 0.01;
  const ofPenalty = new RegExp(String.raw`^penalty = keras\.regularizers\.L2\(${NUMBER}\)`, "m").exec(text)?.[1];
  const half = ofPenalty === undefined ? undefined : 2 * Number(ofPenalty); // as the page's programs for Keras have it
  const decay = half ?? numberNamed("weight_decay", given) ?? (word === "adamw" ? usualDecay : 0);
  const isCoupled = word === "adam" && decay > 0 && !isKeras; // an L2 penalty that Adam scales, which the page has not
  return {
    optimizer: withMomentum(name, momentum),
    rate,
    decay: isCoupled || name === "rmsprop" ? 0 : decay,
    leftOut: [
      ...[...given.matchAll(UNKNOWN_OPTIONS)].map(([option]) => option),
      ...(isCoupled ? ["the weight decay of Adam (AdamW's is there)"] : []),
    ],
  };
}

function activationOf(names: readonly string[]): Recipe["activation"] {
  if (names.length > 1) refusePaste("to have one activation in all hidden layers", names.join(" and "));
  const [name] = names;
  if (name === undefined)
    return refusePaste(
      "to have an activation between its layers",
      "none",
      "Without one a network is a linear regression.",
    );
  const found = Object.hasOwn(ACTIVATION_WORDS, name) ? ACTIVATION_WORDS[name] : undefined;
  return found ?? refusePaste("to have an activation that the page has", name);
}

/** @returns undefined for a text that is no program */
export function readSnippet(given: string): Reading | undefined {
  const text = cleaned(given);
  const layers = readPytorch(text) ?? readKeras(text);
  const isOptimizerAlone = layers === undefined && /\w\s*\(/.test(text) && OPTIMIZER_CALL.test(text);
  if (layers === undefined && !isOptimizerAlone) return undefined;
  if (layers?.sizes.length === 0) refusePaste("to have at least one hidden layer", "the output layer alone");
  const extras = layers && extrasIn(text.replace(/^penalty = .*$/m, ""));
  const schedule = scheduleIn(given);
  const optimizer = readOptimizer(text);
  const batch = numberNamed("batch|batch_size", text);
  const clip = numberNamed("clip|clipnorm|global_clipnorm|max_norm", text) ?? positionalClip(text);
  return {
    ...(layers
      ? { sizes: layers.sizes, activation: activationOf(layers.activations), start: layers.start, bias: 0 }
      : { sizes: [] }),
    ...extras,
    ...schedule,
    areHidden: true,
    ...optimizer,
    leftOut: [...(extras?.leftOut ?? []), ...schedule.leftOut, ...optimizer.leftOut],
    clip: clip ?? 0,
    ...(batch !== undefined && { batch }),
  };
}

/** `clip_grad_norm_(model.parameters(), 1.0)` */
function positionalClip(text: string): number | undefined {
  const found = new RegExp(String.raw`clip_grad_norm_\s*\([^,]+,\s*${NUMBER}`, "i").exec(text);
  return found ? Number(found[1]) : undefined;
}
