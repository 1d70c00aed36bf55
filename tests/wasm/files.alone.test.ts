// Kernels from a file that the options name, in place of the embedded ones.
import { expect, it } from "vitest";
import { createNetwork } from "../../src/index.js";
import { embeddedBinary } from "../../src/wasm/binary.js";
import { expectRefusal } from "../support/errors.js";
import { classifier } from "../support/networks.js";
import { sectors } from "../support/samples.js";

const EXACT = { arithmetic: "reproducible" } as const;
const urlOf = (bytes: Uint8Array<ArrayBuffer>) => URL.createObjectURL(new Blob([bytes], { type: "application/wasm" }));
const hex = (digits: string) => Uint8Array.from(digits.match(/../g)!, (byte) => Number.parseInt(byte, 16));

it("a missing or wrong file is refused; the right one then trains, to the same bits as with none named", async () => {
  const create = (strict: string) => createNetwork(classifier, { ...EXACT, files: { strict } });
  await expectRefusal(() => create("blob:nothing"), "unsupported", "blob:nothing");
  await expectRefusal(() => create(urlOf(hex("00ff"))), "format", /^blob:/);
  await expectRefusal(() => create(urlOf(hex("0061736d01000000"))), "format", /^blob:/);
  await expectRefusal(
    () => createNetwork(classifier, { files: { strickt: "x" } as object }),
    "value",
    "files.strickt",
    "strickt",
  );
  const network = await create(urlOf(embeddedBinary("strict")));
  const { epochs } = await network.fit(sectors(64), { epochs: 2 });
  const other = await createNetwork(classifier, EXACT);
  expect((await other.fit(sectors(64), { epochs: 2 })).epochs[1].loss).toBe(epochs[1].loss);
});
