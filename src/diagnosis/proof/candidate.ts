// Where a search for an input that opens a unit begins.
export interface Candidate {
  readonly unit: number;
  /** One number an input, within the box. */
  readonly start: ArrayLike<number>;
  /** The width of relu's bend at the first step, as a share of the layer's preactivations. Default: none. */
  readonly heat?: number;
}
