// In which order rows are read that are shuffled though they are not in memory: blocks are shuffled, then the rows of
// some blocks among each other. The same seed and epoch give the same order.
import { randomIntegers, shuffleBy } from "../../core/random.js";

/** How rows are cut. */
export interface BlockSizes {
  readonly rows: number;
  /** Rows that are read at once. */
  readonly block: number;
  /** Blocks whose rows are shuffled among each other. */
  readonly window: number;
}

/** Rows of a window, as blocks of the file in the order in which they are read. */
export interface WindowBlocks {
  readonly blocks: readonly { readonly first: number; readonly count: number }[];
  readonly rows: number;
}

/** The order of one epoch. */
export class BlockOrder {
  private readonly blocks: Uint32Array;
  private readonly draw: (() => number) | undefined;

  /**
   * @param epoch undefined: as the rows lie
   * @param from the first row
   */
  constructor(
    private readonly sizes: BlockSizes,
    seed: number,
    epoch: number | undefined,
    private readonly from = 0,
  ) {
    this.blocks = Uint32Array.from({ length: Math.ceil(sizes.rows / sizes.block) }, (_, place) => place);
    if (epoch === undefined) return;
    this.draw = randomIntegers(randomIntegers(seed)() * 2 ** 20 + (epoch % 2 ** 20));
    shuffleBy(this.draw, this.blocks);
  }

  /** How many windows an epoch has. */
  get windows(): number {
    return Math.ceil(this.blocks.length / this.sizes.window);
  }

  window(index: number): WindowBlocks {
    const { rows, block, window } = this.sizes;
    const places = this.blocks.subarray(index * window, (index + 1) * window);
    const blocks = Array.from(places, (place) => {
      const first = place * block;
      return { first: this.from + first, count: Math.min(block, rows - first) };
    });
    return { blocks, rows: blocks.reduce((sum, { count }) => sum + count, 0) };
  }

  /** The rows of the next window in the order in which they come; windows are to be asked for one after the other. */
  orderRows(order: Uint32Array, rows: number): void {
    for (let i = 0; i < rows; i++) order[i] = i;
    if (this.draw) shuffleBy(this.draw, order, rows);
  }
}
