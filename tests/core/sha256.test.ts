// SHA-256 against the standard's examples, and pieces against the whole.
import { expect, test } from "vitest";
import { Sha256, sha256 } from "../../src/core/sha256.js";
import fc from "../support/property.js";

test("gives what FIPS 180-4's examples say", () => {
  expect(sha256("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  expect(sha256()).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  expect(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).toBe(
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  );
  expect(sha256(new Uint8Array(1e6).fill(97))).toBe("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
});

test("is that of the platform, however the bytes are cut", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 150 }), { maxLength: 6 }), async (pieces) => {
      const whole = Uint8Array.from(pieces.flatMap((piece) => [...piece]));
      const expected = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
      const hex = Array.from(expected, (byte) => byte.toString(16).padStart(2, "0")).join("");
      expect(sha256(...pieces)).toBe(hex);
      const hash = new Sha256();
      for (const byte of whole) hash.add(Uint8Array.of(byte));
      expect(hash.digest()).toBe(hex);
    }),
    { numRuns: 50 },
  );
});
