// The digits, in a worker: a file beside its own, compressed as it is in the package.

/** @returns for each digit its 64 pixels, 0 to 16, then its class */
export async function loadDigits(): Promise<Uint8Array> {
  const response = await fetch(new URL("digits.bin", globalThis.location.href));
  if (!response.ok || !response.body)
    throw new Error(`digits.bin could not be read (${response.status}); choose other data`);
  const plain = response.body.pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(plain).arrayBuffer());
}
