// The memory plan: JavaScript owns all addresses, the kernels allocate nothing. One memory for each build, cut into
// blocks first-fit; freed blocks are merged with their neighbours and used again.
import { RelumineError } from "../core/errors.js";
import { formatBytes } from "../text/numbers.js";

const PAGE = 65536;
const MAX_BYTES = 65536 * PAGE;
let mostBytes = MAX_BYTES;

/** For programs that do what others ask: no memory grows beyond. */
export function limitMemory(bytes: number): void {
  mostBytes = Math.min(MAX_BYTES, bytes);
}

const ALIGNMENT = 64; // a cache line
const FIRST_ADDRESS = PAGE; // the first page belongs to the kernels' constants

interface Gap {
  address: number;
  bytes: number;
}

function align(bytes: number): number {
  return Math.ceil(Math.max(1, bytes) / ALIGNMENT) * ALIGNMENT;
}

export class Heap {
  readonly memory: WebAssembly.Memory;
  /** Views of the whole memory, made anew when it grows: read them from here each time. */
  f32!: Float32Array;
  f64!: Float64Array;
  i32!: Int32Array;
  u32!: Uint32Array;
  u8!: Uint8Array;
  u16!: Uint16Array;
  private end = FIRST_ADDRESS;
  private readonly gaps: Gap[] = []; // by address, never adjacent
  private readonly sizes = new Map<number, number>();

  constructor(shared = false) {
    this.memory = new WebAssembly.Memory({ initial: 2, maximum: MAX_BYTES / PAGE, shared });
    this.makeViews();
  }

  /** Bytes in use. */
  get used(): number {
    let used = 0;
    for (const bytes of this.sizes.values()) used += bytes;
    return used;
  }

  /**
   * A zeroed block, aligned to a cache line.
   * @throws RelumineError "memory" if it does not fit, with nothing changed
   */
  allocate(bytes: number, purpose: string): number {
    if (!Number.isSafeInteger(bytes) || bytes < 0)
      throw new RelumineError("memory", purpose, "to be a number of bytes", `${bytes}`); // before `end` is spoilt
    const size = align(bytes);
    const address = this.takeGap(size) ?? this.extend(size, purpose);
    this.sizes.set(address, size);
    this.u8.fill(0, address, address + size);
    return address;
  }

  free(address: number): void {
    const bytes = this.sizes.get(address);
    if (bytes === undefined) return;
    this.sizes.delete(address);
    const index = this.gaps.findIndex((gap) => gap.address > address);
    this.gaps.splice(index < 0 ? this.gaps.length : index, 0, { address, bytes });
    this.mergeGaps();
  }

  private takeGap(size: number): number | undefined {
    const index = this.gaps.findIndex((gap) => gap.bytes >= size);
    if (index < 0) return undefined;
    const gap = this.gaps[index];
    const { address } = gap;
    gap.address += size;
    gap.bytes -= size;
    if (gap.bytes === 0) this.gaps.splice(index, 1);
    return address;
  }

  private extend(size: number, purpose: string): number {
    const address = this.end;
    const missing = address + size - this.memory.buffer.byteLength;
    if (missing > 0) this.grow(missing, size, purpose);
    this.end = address + size;
    return address;
  }

  private grow(missing: number, size: number, purpose: string): void {
    if (this.memory.buffer.byteLength + missing > mostBytes) throw this.refusal(size, purpose);
    try {
      this.memory.grow(Math.ceil(missing / PAGE));
    } catch {
      throw this.refusal(size, purpose, "This machine gives no more.");
    }
    this.makeViews();
  }

  private refusal(size: number, purpose: string, hint?: string): RelumineError {
    const free = formatBytes(Math.max(0, mostBytes - this.used));
    const whose = mostBytes < MAX_BYTES ? "the allowed" : "WebAssembly's";
    const expected = `to fit into the ${free} that are free of ${whose} ${formatBytes(mostBytes)}`;
    return new RelumineError("memory", purpose, expected, formatBytes(size), hint);
  }

  private mergeGaps(): void {
    for (let i = this.gaps.length - 1; i > 0; i--) {
      const before = this.gaps[i - 1];
      if (before.address + before.bytes === this.gaps[i].address) {
        before.bytes += this.gaps[i].bytes;
        this.gaps.splice(i, 1);
      }
    }
    const last = this.gaps.at(-1);
    if (last && last.address + last.bytes === this.end) {
      this.end = last.address;
      this.gaps.pop();
    }
  }

  private makeViews(): void {
    const { buffer } = this.memory;
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.u8 = new Uint8Array(buffer);
    this.u16 = new Uint16Array(buffer);
  }
}

/** Arenas whose owner was collected without being disposed of give their blocks back. */
const forgotten = new FinalizationRegistry<Arena>((arena) => arena.dispose());

/** The blocks of one owner, given back together: by `dispose`, or when the owner, if it is named, is collected. */
export class Arena {
  private readonly blocks = new Set<number>();

  constructor(
    private readonly heap: Heap,
    owner?: object,
  ) {
    if (owner) forgotten.register(owner, this, this);
  }

  allocate(bytes: number, purpose: string): number {
    const address = this.heap.allocate(bytes, purpose);
    this.blocks.add(address);
    return address;
  }

  free(address: number): void {
    if (this.blocks.delete(address)) this.heap.free(address);
  }

  dispose(): void {
    forgotten.unregister(this);
    for (const address of this.blocks) this.heap.free(address);
    this.blocks.clear();
  }
}

/** One block of an arena that is replaced by a larger one where more is asked of it; what it held is then lost. */
export class GrowingBlock {
  private address = 0;
  private room = 0;

  constructor(
    private readonly arena: Arena,
    private readonly purpose: string,
  ) {}

  /**
   * Its address, with room for so many bytes.
   * @throws RelumineError "memory" if they do not fit, with the block as it was
   */
  reserve(bytes: number): number {
    if (this.room >= bytes) return this.address;
    const address = this.arena.allocate(bytes, this.purpose);
    if (this.room > 0) this.arena.free(this.address);
    this.address = address;
    this.room = bytes;
    return address;
  }
}

/** Cuts one block into parts: call `floats` and `doubles` for each part, then read `bytes`. */
export class Layout {
  bytes = 0;

  private part(bytes: number): number {
    const offset = this.bytes;
    this.bytes += align(bytes);
    return offset;
  }
  floats(count: number): number {
    return this.part(count * 4);
  }
  doubles(count: number): number {
    return this.part(count * 8);
  }
}
