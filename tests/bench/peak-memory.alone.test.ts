// The most memory of the process: alone, as garbage of other suites is used again first, and is left out.
import { expect, test } from "vitest";
import { peakMemoryOf } from "../../bench/peak-memory.js";

test.runIf(process.platform === "linux")("of the process the most that is resident", async () => {
  let kept: Uint8Array | undefined;
  const { resident, blocks } = await peakMemoryOf(() => {
    kept = new Uint8Array(2 ** 26).fill(1);
  });
  expect(kept!.length).toBe(2 ** 26);
  expect(blocks).toBeUndefined();
  if (resident !== undefined) expect(resident).toBeGreaterThan(2 ** 25); // where /proc may be written
});
