// A network in a few words: `64-32-10 relu adam 0.01 batch 32`.
import { suggestion } from "../../../../src/core/suggestion.js";
import type { Recipe } from "../../../training/recipe.js";
import {
  ACTIVATION_WORDS,
  NORMALIZATION_WORDS,
  OPTIMIZER_WORDS,
  type Reading,
  refusePaste,
  SCHEDULE_WORDS,
  withMomentum,
} from "./vocabulary.js";

type NumberName =
  "rate" | "batch" | "decay" | "clip" | "bias" | "seed" | "dropout" | "l1" | "l2" | "momentum" | "epochs";

const NUMBER_WORDS: Readonly<Record<string, NumberName>> = {
  rate: "rate",
  lr: "rate",
  learningrate: "rate",
  learningrateinit: "rate",
  eta: "rate",
  batch: "batch",
  batchsize: "batch",
  bs: "batch",
  decay: "decay",
  weightdecay: "decay",
  wd: "decay",
  clip: "clip",
  clipnorm: "clip",
  bias: "bias",
  dropout: "dropout",
  l1: "l1",
  l2: "l2",
  seed: "seed",
  randomstate: "seed",
  momentum: "momentum",
  epochs: "epochs",
  maxiter: "epochs",
};

/** Words that only lead to others. */
const FILLERS = new Set(
  "hidden layers layer hiddenlayersizes units activation solver optimizer mlpclassifier mlpregressor and with".split(
    " ",
  ),
);

const plain = (word: string) => word.replaceAll(/[_-]/g, "");

/** `64-32-10`, `64x32` */
const isSizes = (word: string) => /^\d+(?:[-–x×>]+\d+)+$/.test(word);

interface Words {
  sizes: number[];
  names: Pick<Reading, "activation" | "optimizer" | "normalization" | "schedule" | "residual">;
  numbers: Partial<Record<NumberName, number>>;
  /** What the next number is. */
  next: NumberName | undefined;
  optimizerWord: string | undefined;
}

function takeNumber(said: Words, word: string): void {
  const value = Number(word);
  const isSize = said.next === undefined && Number.isInteger(value) && said.optimizerWord === undefined;
  if (isSize && said.numbers.rate === undefined) said.sizes.push(value);
  else {
    const name = said.next ?? "rate";
    if (said.numbers[name] !== undefined)
      refusePaste(`to say once what the ${name} is`, `${said.numbers[name]} and ${word}`);
    said.numbers[name] = value;
  }
  said.next = undefined;
}

function takeWord(said: Words, word: string): void {
  const name = plain(word);
  if (Object.hasOwn(ACTIVATION_WORDS, name)) said.names = { ...said.names, activation: ACTIVATION_WORDS[name] };
  else if (Object.hasOwn(NORMALIZATION_WORDS, name))
    said.names = { ...said.names, normalization: NORMALIZATION_WORDS[name] };
  else if (Object.hasOwn(SCHEDULE_WORDS, name)) said.names = { ...said.names, schedule: SCHEDULE_WORDS[name] };
  else if (name === "residual") said.names = { ...said.names, residual: true };
  else if (Object.hasOwn(OPTIMIZER_WORDS, name) && !(name === "momentum" && said.optimizerWord)) {
    said.optimizerWord = name;
    said.names = { ...said.names, optimizer: OPTIMIZER_WORDS[name][0] };
    said.next = undefined;
  } else if (Object.hasOwn(NUMBER_WORDS, name)) said.next = NUMBER_WORDS[name];
  else if (!FILLERS.has(name)) refuseWord(word);
}

function refuseWord(word: string): never {
  const named = [ACTIVATION_WORDS, OPTIMIZER_WORDS, NORMALIZATION_WORDS, SCHEDULE_WORDS].flatMap(Object.keys);
  const known = [...named, "rate", "batch", "decay", "clip", "dropout", "residual"];
  refusePaste(
    'to be like "64-32 relu adam 0.01 batch 32"',
    JSON.stringify(word.slice(0, 40)),
    suggestion(word, known) || "Or paste the lines of a program that say nn.Linear(...) or Dense(...).",
  );
}

function optimizerWith({ names, numbers }: Words): Recipe["optimizer"] | undefined {
  const { momentum } = numbers;
  if (momentum === undefined || names.optimizer === "adam" || momentum === 0) return names.optimizer;
  return withMomentum(names.optimizer ?? "sgd", momentum);
}

/** What stands in no program. */
export function readWords(text: string): Reading {
  const said: Words = { sizes: [], names: {}, numbers: {}, next: undefined, optimizerWord: undefined };
  for (const word of text
    .toLowerCase()
    .split(/[\s,;=:()[\]"'|→]+/)
    .filter((each) => each !== "")) {
    if (isSizes(word)) said.sizes.push(...word.split(/[-–x×>]+/).map(Number));
    else if (Number.isFinite(Number(word))) takeNumber(said, word);
    else takeWord(said, word);
  }
  const { momentum: _, epochs, ...numbers } = said.numbers;
  const optimizer = optimizerWith(said);
  const rate = said.optimizerWord && { rate: OPTIMIZER_WORDS[said.optimizerWord][1] };
  return {
    sizes: said.sizes,
    areHidden: false,
    ...rate,
    ...said.names,
    ...numbers,
    ...(optimizer && { optimizer }),
    leftOut: epochs === undefined ? [] : ["epochs: the page trains until it is paused"],
  };
}
