// How a map's sides are written: NAME=FROM..TO, with :COUNT and :log or :linear behind it, or NAME=A,B,C.
import { InvalidArgumentError } from "commander";
import type { MapAxis } from "../../sweep.js";
import { parseNumber } from "../../table/cells.js";

const NUMBER = String.raw`[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?`;
const RANGE = new RegExp(`^(${NUMBER})\\.\\.(${NUMBER})((?::(?:\\d+|log|linear))*)$`, "i");
const SETTING = 'It has to be such as "learningRate=0.1" or "learningRate=0.1,bias=0".';
const EXAMPLE = 'It has to be such as "learningRate=0.01..3", "bias=-2..1:16" or "units=8,16,32".';

function value(text: string): unknown {
  const word = text.trim();
  if (word === "true" || word === "false") return word === "true";
  return parseNumber(word) ?? word;
}

/** `8,16` or, of lists, `[8,8],[16]` */
function valuesOf(text: string): unknown[] {
  try {
    return JSON.parse(`[${text}]`) as unknown[];
  } catch {
    return text.split(",").map(value);
  }
}

function split(text: string, example = EXAMPLE): [name: string, rest: string] {
  const sign = text.indexOf("=");
  if (sign <= 0 || sign === text.length - 1) throw new InvalidArgumentError(example);
  return [text.slice(0, sign).trim(), text.slice(sign + 1).trim()];
}

export function mapAxis(text: string): MapAxis {
  const [name, rest] = split(text);
  const [, from, to, more] = (rest.includes("...") ? null : RANGE.exec(rest)) ?? []; // .01...3 is a slip, no .3
  if (from === undefined) {
    if (rest.includes("..")) throw new InvalidArgumentError(EXAMPLE);
    return { name, values: valuesOf(rest) };
  }
  const words = more.split(":").slice(1);
  const counts = words.filter((word) => /^\d/.test(word));
  const scales = words.filter((word) => !/^\d/.test(word)).map((word) => word.toLowerCase() as "log" | "linear");
  if (counts.length > 1 || scales.length > 1) throw new InvalidArgumentError(EXAMPLE);
  return {
    name,
    values: {
      from: Number(from),
      to: Number(to),
      ...(counts.length > 0 && { count: Number(counts[0]) }),
      ...(scales.length > 0 && { scale: scales[0] }),
    },
  };
}

/** `learningRate=0.1,bias=-1` */
export function setting(text: string, before: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const pairs = text.split(",").map((part) => {
    const [name, rest] = split(part, SETTING);
    return [name, value(rest)] as const;
  });
  return Object.fromEntries([...Object.entries(before), ...pairs]);
}
