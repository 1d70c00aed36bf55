// The only importer of the loader: from base64 to a running instance.
import { instantiate } from "@assemblyscript/loader";
import { RELAXED_BASE64, STRICT_BASE64 } from "./binaries.js";
import type { KernelExports } from "./exports.js";

/** Which of the two binaries runs: "relaxed" fuses multiply and add where the machine can. */
export type Build = "strict" | "relaxed";

/** A module whose one function executes i8x16.relaxed_swizzle: valid only where relaxed SIMD is. */
const RELAXED_PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15, 65, 2, 253, 15, 253, 128, 2, 11,
]);

export function supportsRelaxed(): boolean {
  return WebAssembly.validate(RELAXED_PROBE);
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> {
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
  return bytes;
}

/** Compiles and instantiates one build over `memory`; the calls are the raw exports, without the loader's wrappers. */
export async function instantiateKernels(build: Build, memory: WebAssembly.Memory): Promise<KernelExports> {
  const bytes = decodeBase64(build === "strict" ? STRICT_BASE64 : RELAXED_BASE64);
  const { instance } = await instantiate(bytes, { env: { memory } });
  return instance.exports as unknown as KernelExports;
}
