// Rows as a .npy file of float32, as numpy.save writes them.
export function npyOf(data: ArrayLike<number>, ...shape: number[]): Uint8Array {
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")}${shape.length === 1 ? "," : ""}), }`;
  const head = `${dict}${" ".repeat((64 - ((10 + dict.length + 1) % 64)) % 64)}\n`;
  const bytes = new Uint8Array(10 + head.length + 4 * data.length);
  bytes.set([0x93, ...new TextEncoder().encode("NUMPY"), 1, 0, head.length & 0xff, head.length >> 8]);
  bytes.set(new TextEncoder().encode(head), 10);
  const view = new DataView(bytes.buffer, 10 + head.length);
  for (let i = 0; i < data.length; i++) view.setFloat32(4 * i, data[i], true);
  return bytes;
}
