import { expect, test } from "vitest";
import { smooth } from "../../src/models/chain/combine.js";
import { type Affine, identity, scale } from "../../src/models/chain/value.js";
import { ELEMENTWISE } from "../../src/models/read/onnx/elementwise.js";
import type { Attribute, Node } from "../../src/models/read/onnx/model.js";
import type { ChainValue } from "../../src/models/read/onnx/values.js";
import { expectError } from "../support/errors.js";

const axis = { integer: () => 1 } as Attribute;
const node: Node = { name: "", op: "Concat", inputs: [], outputs: [], attributes: new Map([["axis", axis]]) };
const chain = (value: Affine): ChainValue => ({ kind: "chain", value, shape: [-1, 1] });
const concat = (first: Affine, second: Affine) => ELEMENTWISE.get("Concat")!(node, [chain(first), chain(second)], 13);

test("the two shares of one probability are a pair, and of nothing else", async () => {
  const p = smooth("sigmoid", identity({ kind: "input", units: 1 }));
  expect(concat(scale(p, -1, 1), p)).toMatchObject({ kind: "pair" });
  for (const [first, second] of [
    [scale(p, -2, 1), scale(p, 2)], // add up to 1, too
    [p, scale(p, -1, 1)],
    [scale(p, -1, 2), p],
  ])
    await expectError(() => concat(first, second), "unsupported", /Concat/);
});
