// Files of HDF5 as h5py writes them where nothing is said: superblock 0, groups as symbol tables, arrays of float32 in
// one piece, attributes of text. Source: HDF5 File Format Specification 3.0, its older forms.

/** A group's members: arrays and further groups. */
export interface Hdf5Group {
  readonly attributes?: Readonly<Record<string, string>>;
  readonly members: Readonly<Record<string, Hdf5Group | Hdf5Array>>;
}

export interface Hdf5Array {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

const NOWHERE = 0xffff_ffff_ffff_ffffn;
/** Half of a symbol node's entries, and of a tree node's children. */
const [LEAF, INTERNAL] = [64, 16];
const SUPERBLOCK_BYTES = 96;
const ENTRY_BYTES = 40;

/** Bytes that grow; all numbers are little-endian. */
class Bytes {
  #bytes = new Uint8Array(1 << 12);
  length = 0;

  #room(size: number): DataView {
    while (this.length + size > this.#bytes.length) {
      const larger = new Uint8Array(2 * this.#bytes.length);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    const view = new DataView(this.#bytes.buffer, this.length, size);
    this.length += size;
    return view;
  }

  /** A number of one, two, four or eight bytes. */
  put(size: 1 | 2 | 4 | 8, ...values: readonly (number | bigint)[]): this {
    for (const value of values) {
      const view = this.#room(size);
      if (size === 1) view.setUint8(0, Number(value));
      if (size === 2) view.setUint16(0, Number(value), true);
      if (size === 4) view.setUint32(0, Number(value), true);
      if (size === 8) view.setBigUint64(0, BigInt(value), true);
    }
    return this;
  }

  text(text: string): this {
    return this.bytes(new TextEncoder().encode(text));
  }

  bytes(bytes: Uint8Array): this {
    const view = this.#room(bytes.length);
    new Uint8Array(view.buffer, view.byteOffset, bytes.length).set(bytes);
    return this;
  }

  /** Zeros up to a multiple, or a length. */
  pad(multiple: number): this {
    this.#room((multiple - (this.length % multiple)) % multiple);
    return this;
  }

  zeros(count: number): this {
    this.#room(count);
    return this;
  }

  take(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }
}

interface Message {
  readonly type: number;
  readonly body: Uint8Array;
}

const space = (shape: readonly number[]): Uint8Array =>
  new Bytes()
    .put(1, 1, shape.length, 0)
    .zeros(5)
    .put(8, ...shape)
    .take();
const FLOAT32 = new Bytes().put(1, 0x11, 0x20, 0x1f, 0).put(4, 4).put(2, 0, 32).put(1, 23, 8, 0, 23).put(4, 127).take();

function attribute(name: string, value: string): Message {
  const [key, data] = [`${name}\0`, value].map((text) => new TextEncoder().encode(text));
  const type = new Bytes().put(1, 0x13, 1, 0, 0).put(4, data.length).take();
  const body = new Bytes().put(1, 1, 0).put(2, key.length, type.length, 8).bytes(key).pad(8).bytes(type);
  return { type: 0x0c, body: body.bytes(space([])).bytes(data).take() };
}

class Writer {
  readonly file = new Bytes().zeros(SUPERBLOCK_BYTES);

  #place(bytes: Uint8Array): number {
    this.file.pad(8);
    const place = this.file.length;
    this.file.bytes(bytes);
    return place;
  }

  #header(messages: readonly Message[]): number {
    const body = new Bytes();
    for (const { type, body: each } of messages) {
      const size = Math.ceil(each.length / 8) * 8;
      body.put(2, type, size).put(1, 0, 0, 0, 0).bytes(each).pad(8);
    }
    const head = new Bytes().put(1, 1, 0).put(2, messages.length).put(4, 1, body.length).zeros(4);
    return this.#place(head.bytes(body.take()).take());
  }

  array({ shape, data }: Hdf5Array): number {
    const place = this.#place(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return this.#header([
      { type: 1, body: space(shape) },
      { type: 3, body: FLOAT32 },
      { type: 5, body: Uint8Array.of(2, 2, 2, 0) },
      { type: 8, body: new Bytes().put(1, 3, 1).put(8, place, data.byteLength).take() },
    ]);
  }

  /** Where its header, tree and heap are. */
  group({ attributes = {}, members }: Hdf5Group): readonly [header: number, tree: number, heap: number] {
    const names = Object.keys(members).sort();
    const text = new Bytes().zeros(8);
    const node = new Bytes().text("SNOD").put(1, 1, 0).put(2, names.length);
    const offsets = names.map((name) => {
      const member = members[name];
      const header = "data" in member ? this.array(member) : this.group(member)[0];
      const offset = text.length;
      text.text(`${name}\0`).pad(8);
      node.put(8, offset, header).zeros(24);
      return offset;
    });
    const leaf = this.#place(node.zeros((2 * LEAF - names.length) * ENTRY_BYTES).take());
    const used = Number(names.length > 0);
    const tree = new Bytes().text("TREE").put(1, 0, 0).put(2, used).put(8, NOWHERE, NOWHERE, 0, leaf);
    tree.put(8, offsets.at(-1) ?? 0).zeros(8 * (4 * INTERNAL + 1 - 3));
    const treePlace = this.#place(tree.take());
    const textPlace = this.#place(text.take());
    const heap = new Bytes().text("HEAP").zeros(4).put(8, text.length, 1, textPlace);
    const heapPlace = this.#place(heap.take());
    const table = new Bytes().put(8, treePlace, heapPlace).take();
    const said = Object.entries(attributes).map(([name, value]) => attribute(name, value));
    return [this.#header([{ type: 0x11, body: table }, ...said]), treePlace, heapPlace];
  }
}

/** The file of a root group. */
export function hdf5File(root: Hdf5Group): Uint8Array {
  const writer = new Writer();
  const [header, tree, heap] = writer.group(root);
  const bytes = writer.file.take();
  const head = new Bytes().put(1, 0x89).text("HDF\r\n").put(1, 0x1a).text("\n").zeros(5).put(1, 8, 8, 0);
  head.put(2, LEAF, INTERNAL).put(4, 0).put(8, 0, NOWHERE, bytes.length, NOWHERE);
  bytes.set(head.put(8, 0, header).put(4, 1, 0).put(8, tree, heap).take());
  return bytes;
}
