// The numbers in src/wasm/abi.ts are those of assembly/, as its text says them.
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import {
  ACTIVATION_NAMES,
  activationCode,
  BATCH_COUNTERS,
  BatchCounter,
  CONTROL_BYTES,
  ControlWord,
  UNIT_TOTALS,
  UnitTotal,
} from "../../src/wasm/abi.js";

const read = (file: string) => readFileSync(new URL(`../../assembly/${file}`, import.meta.url), "utf8");

/** A name as both sides would write it, whatever the case: SQUARED_DEVIATION, SquaredDeviation, squaredDeviation. */
const plain = (name: string) => name.replaceAll("_", "").toLowerCase();

/** The members of `const enum NAME { ... }`, in order. */
function membersOf(text: string, name: string): string[] {
  const body = new RegExp(`const enum ${name} \\{([^}]*)\\}`).exec(text)?.[1];
  if (body === undefined) throw new Error(`no enum ${name}`);
  return body.split(",").map((member) => plain(member.trim()));
}

/** The numbers by name, as an enum's members in order. */
const ordered = (numbers: Readonly<Record<string, number>>): string[] =>
  Object.entries(numbers).reduce<string[]>(
    (names, [name, number]) => Object.assign(names, { [number]: plain(name) }),
    [],
  );

it("activations", () => {
  expect(ACTIVATION_NAMES.map(plain)).toEqual(membersOf(read("activation.ts"), "Kind"));
  expect(ACTIVATION_NAMES.map(activationCode)).toEqual([...ACTIVATION_NAMES.keys()]);
});

it("counters and totals", () => {
  const text = read("counters.ts");
  expect(ordered(BatchCounter)).toEqual(membersOf(text, "Counter"));
  expect(ordered(UnitTotal)).toEqual(membersOf(text, "Total"));
  expect([BATCH_COUNTERS, UNIT_TOTALS]).toEqual([membersOf(text, "Counter").length, membersOf(text, "Total").length]);
});

it("the control block", () => {
  const text = read("threads.ts");
  const words = Object.fromEntries(
    [...text.matchAll(/^const (\w+): usize = (\d+);/gm)].map(([, name, offset]) => [name, Number(offset) / 4]),
  );
  expect(ordered(words)).toEqual(ordered(ControlWord));
  const argumentsUsed = [...text.matchAll(/argument\(control, (\d+)\)/g)].map(([, index]) => Number(index));
  expect(Math.max(...argumentsUsed)).toBe(15);
  expect((ControlWord.arguments + 16) * 4).toBeLessThanOrEqual(CONTROL_BYTES);
});

it("sees an order that is not the same", () => {
  const swapped = read("activation.ts").replace("Sigmoid, Tanh", "Tanh, Sigmoid");
  expect(ACTIVATION_NAMES.map(plain)).not.toEqual(membersOf(swapped, "Kind"));
  expect(ordered({ a: 1, b: 0 })).toEqual(["b", "a"]);
});
