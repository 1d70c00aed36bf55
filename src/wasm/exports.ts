/**
 * An optimizer's step on rows x columns entries; ages: as advanceAges leaves them (0: none are younger), `stride` bytes
 * from one kind to the next.
 */
export type AgedUpdate = (
  rows: number,
  columns: number,
  parameters: number,
  gradient: number,
  m: number,
  v: number,
  gain1: number,
  gain2: number,
  first: number,
  second: number,
  third: number,
  epsilon: number,
  decay: number,
  rowAges: number,
  columnAges: number,
  stride: number,
) => number;

/**
 * The kernels' ABI as JavaScript sees it: addresses are byte offsets (0: not wanted), sizes and strides count elements.
 */
export interface KernelExports {
  /** C = A·B + beta·C, beta 0 or 1; A is m x k, B k x n, C m x n with contiguous columns. */
  gemm(
    m: number,
    n: number,
    k: number,
    a: number,
    rowStrideA: number,
    colStrideA: number,
    b: number,
    rowStrideB: number,
    colStrideB: number,
    beta: number,
    c: number,
    ldc: number,
    workspace: number,
  ): void;
  /**
   * The same, but zeros of A may be left out, and those of B where rowStrideA is 1: NaN and infinity that they would be
   * multiplied by do not show. For the columns and the rows (k) of B that indices (u32) select, 0: all; n and k count
   * what is selected.
   */
  gemmSkippingZeros(
    m: number,
    n: number,
    k: number,
    a: number,
    rowStrideA: number,
    colStrideA: number,
    b: number,
    rowStrideB: number,
    colStrideB: number,
    accumulate: number,
    c: number,
    ldc: number,
    workspace: number,
    columnIndex: number,
    kIndex: number,
  ): void;
  /** Copies the columns of rows x width that an index (u32) selects to rows x columns. */
  gatherColumns(rows: number, width: number, columns: number, columnIndex: number, from: number, to: number): void;
  /**
   * Spreads rows x columns floats, dense at c, in place to the rows and columns of height x width that ascending
   * indices select, 0: all; the others become 0.
   */
  spread(
    height: number,
    width: number,
    rows: number,
    columns: number,
    rowIndex: number,
    columnIndex: number,
    c: number,
    workspace: number,
  ): void;

  // Sparse rows X (m rows): entries offsets[r] to offsets[r + 1] (u32) of columns (u32, ascending in a row) and values
  // (float32).
  /** C = X·B, B of rows of n floats, C m x n. */
  sparseProduct(m: number, n: number, offsets: number, columns: number, values: number, b: number, c: number): void;
  /** The same for the n columns that an index (u32) selects of B, whose rows have `width` floats. */
  sparseProductSelected(
    m: number,
    n: number,
    offsets: number,
    columns: number,
    values: number,
    b: number,
    width: number,
    index: number,
    c: number,
  ): void;
  /** X's entries by column and then by row, 16 bytes each, in `entries` or in `spare`: returns which; bins: 8 KB. */
  transposeEntries(
    m: number,
    width: number,
    offsets: number,
    columns: number,
    values: number,
    entries: number,
    spare: number,
    bins: number,
  ): number;
  /**
   * Xᵀ·D, D m x n: lists the columns of X that have entries (u32), ascending, and writes the row of each at g, one
   * after the other; returns how many. count: of the entries, as transposeEntries leaves them.
   */
  sparseGradient(count: number, n: number, entries: number, d: number, list: number, g: number): number;
  /** Copies rows of n floats that lie one after the other to the listed rows of g. */
  spreadRows(count: number, list: number, n: number, from: number, g: number): void;
  /** Makes the listed rows of g 0. */
  clearRows(count: number, list: number, n: number, g: number): void;
  /** p -= learningRate·g for the listed rows of p; those of g lie one after the other. Returns as sgd does. */
  sgdRows(count: number, list: number, n: number, parameters: number, gradient: number, learningRate: number): number;
  /** adagrad of the listed rows of p, without decay; `sum` is laid out as p is. */
  adagradRows(
    count: number,
    list: number,
    n: number,
    parameters: number,
    gradient: number,
    sum: number,
    learningRate: number,
    epsilon: number,
    initial: number,
  ): number;

  /** Whether gemm packs the operands of such a product: 1 or 0. */
  isPacked(m: number, n: number, k: number): number;
  /** Bytes of packing space, aligned to 16. */
  gemmWorkspaceBytes(): number;
  /** The micro-kernel alone on packed panels (kc x tileRows and kc x 8), for benchmarks. */
  microkernel(kc: number, panelA: number, panelB: number, tile: number, repeats: number): void;
  tileRows(): number;

  sumSquares(n: number, x: number): number;
  scale(n: number, x: number, factor: number): void;
  /** 1 or 0. */
  allFinite(n: number, x: number): number;
  /** Moving averages, a float a row: of magnitude·scale·Σ|kernel's row|, and of magnitude·scale. */
  updateUtility(
    rows: number,
    columns: number,
    kernel: number,
    magnitude: number,
    scale: number,
    gain: number,
    utility: number,
    activation: number,
  ): void;

  // Losses: result is two float64, [loss sum, correct], added to; gradient may be the logits or outputs, or 0; divisor
  // divides it alone. smoothing: a share in [0, 1) of each target that is spread over the classes.
  softmax(rows: number, classes: number, logits: number, out: number): void;
  logOdds(rows: number, classes: number, logits: number, out: number): void;
  /** labels: int32. */
  softmaxCrossEntropy(
    rows: number,
    classes: number,
    logits: number,
    labels: number,
    gradient: number,
    divisor: number,
    result: number,
    smoothing: number,
  ): void;
  softmaxCrossEntropyDense(
    rows: number,
    classes: number,
    logits: number,
    targets: number,
    gradient: number,
    divisor: number,
    result: number,
    smoothing: number,
  ): void;
  binaryCrossEntropy(
    n: number,
    logits: number,
    targets: number,
    gradient: number,
    divisor: number,
    result: number,
    smoothing: number,
  ): void;
  /** The three below leave `correct` alone. */
  meanSquaredError(
    n: number,
    outputs: number,
    targets: number,
    gradient: number,
    divisor: number,
    result: number,
  ): void;
  meanAbsoluteError(
    n: number,
    outputs: number,
    targets: number,
    gradient: number,
    divisor: number,
    result: number,
  ): void;
  huber(n: number, outputs: number, targets: number, gradient: number, divisor: number, result: number): void;
  poisson(n: number, outputs: number, targets: number, gradient: number, divisor: number, result: number): void;
  probabilityBinaryCrossEntropy(
    n: number,
    outputs: number,
    targets: number,
    gradient: number,
    divisor: number,
    result: number,
    smoothing: number,
  ): void;
  /** labelled: 1 where targets are int32 labels, 0 where they are rows x classes floats. */
  probabilityCrossEntropy(
    rows: number,
    classes: number,
    outputs: number,
    targets: number,
    labelled: number,
    gradient: number,
    divisor: number,
    result: number,
    smoothing: number,
  ): void;
  softmaxBackward(rows: number, classes: number, probabilities: number, gradient: number, dz: number): void;

  // Optimizers: each returns the number of entries that it refused to update, since the result would not be finite. For
  // sgd, rmsprop and lion n is a multiple of 4.
  sgd(
    n: number,
    parameters: number,
    gradient: number,
    velocity: number,
    learningRate: number,
    momentum: number,
    weightDecay: number,
    nesterov: number,
  ): number;
  /**
   * gain = 1 - beta; corrections: stepSize = learningRate / (1 - beta1^t), correction = 1 / sqrt(1 - beta2^t); decay:
   * learningRate * weightDecay (adam: 0).
   */
  adam: AgedUpdate;
  /** Corrections: gradientStep, correction, momentStep (see assembly/optimizer.ts). */
  nadam: AgedUpdate;
  /** Corrections: stepSize alone. */
  adamax: AgedUpdate;
  /**
   * powers: 2 x n float64, those of beta1 and beta2; ages: 3 x n float32, each unit's corrections; third, next: 0 but
   * for nadam.
   */
  advanceAges(
    n: number,
    powers: number,
    ages: number,
    beta1: number,
    beta2: number,
    first: number,
    third: number,
    next: number,
  ): void;
  adagrad(
    n: number,
    parameters: number,
    gradient: number,
    sum: number,
    learningRate: number,
    epsilon: number,
    initial: number,
    decay: number,
  ): number;
  /** gain = 1 - beta, shrink = learningRate * weightDecay. */
  lion(
    n: number,
    parameters: number,
    gradient: number,
    m: number,
    learningRate: number,
    gain1: number,
    gain2: number,
    shrink: number,
  ): number;
  /** gain = 1 - rho. */
  rmsprop(
    n: number,
    parameters: number,
    gradient: number,
    v: number,
    velocity: number,
    learningRate: number,
    gain: number,
    epsilon: number,
    momentum: number,
  ): number;

  // Random numbers: seeds and streams are 32-bit integers.
  fillUniform(
    n: number,
    out: number,
    seedLow: number,
    seedHigh: number,
    stream: number,
    substream: number,
    low: number,
    high: number,
  ): void;
  fillNormal(
    n: number,
    out: number,
    seedLow: number,
    seedHigh: number,
    stream: number,
    substream: number,
    mean: number,
    deviation: number,
  ): void;
  shuffle(n: number, indices: number, seedLow: number, seedHigh: number, stream: number, substream: number): void;
  /**
   * z += bias (0: none), a = f(z) over rows x units; counters: 7 x units float32, overwritten (0: none), those of fired
   * rows alone unless `all` is 1. a may be z. Kinds: assembly/activation.ts.
   */
  activationForward(
    kind: number,
    alpha: number,
    alphas: number,
    rows: number,
    units: number,
    z: number,
    bias: number,
    a: number,
    counters: number,
    all: number,
  ): void;
  /**
   * dz = upstream · f'(z), dBias and dAlphas (0: not wanted) its sums; 1 if every dBias is finite. dz may be upstream.
   */
  activationBackward(
    kind: number,
    alpha: number,
    alphas: number,
    rows: number,
    units: number,
    z: number,
    upstream: number,
    dz: number,
    dBias: number,
    dAlphas: number,
  ): number;

  // Normalization of rows x units in place, z becomes gamma·zhat; assembly/normalization.ts. zhat, dGamma, dBias: 0,
  // not wanted.
  /**
   * moments: two arrays of float64, each of whole groups of four units; affine: 3 x units float32; both are written.
   */
  batchNormalize(
    rows: number,
    units: number,
    z: number,
    epsilon: number,
    gamma: number,
    moments: number,
    affine: number,
    zhat: number,
  ): void;
  /** Of z + bias, with means and variances that are given. */
  runningNormalize(
    rows: number,
    units: number,
    z: number,
    bias: number,
    means: number,
    variances: number,
    epsilon: number,
    gamma: number,
    affine: number,
    zhat: number,
  ): void;
  /** Running means and variances towards the batch's; returns how many entries were refused, as not finite. */
  moveRunning(
    rows: number,
    units: number,
    momentum: number,
    moments: number,
    bias: number,
    means: number,
    variances: number,
  ): number;
  /** Of z + bias, by row; inverses: a float a row, written with zhat. */
  layerNormalize(
    rows: number,
    units: number,
    z: number,
    bias: number,
    epsilon: number,
    gamma: number,
    zhat: number,
    inverses: number,
  ): void;
  /** dn becomes dz; dBeta is read, the sums of dn; 1 if every dGamma is finite. */
  batchNormalizeBackward(
    rows: number,
    units: number,
    dn: number,
    zhat: number,
    gamma: number,
    affine: number,
    dBeta: number,
    dGamma: number,
  ): number;
  /** The same after runningNormalize; 1 if dGamma and dBias are finite. */
  runningNormalizeBackward(
    rows: number,
    units: number,
    dn: number,
    zhat: number,
    gamma: number,
    affine: number,
    dGamma: number,
    dBias: number,
  ): number;
  layerNormalizeBackward(
    rows: number,
    units: number,
    dn: number,
    zhat: number,
    gamma: number,
    inverses: number,
    dGamma: number,
    dBias: number,
  ): number;
  /**
   * Merges the counters of `rows` rows into running totals, 7 x units float64; with z and a (0: gone) sums that left
   * float32's range are made once more.
   */
  foldCounters(units: number, rows: number, batch: number, total: number, z: number, a: number): void;
  /** Marks the units that fired on a row of the batch with 1 in `fired`, units u32; returns how many have no mark. */
  markFired(units: number, batch: number, fired: number): number;
  resetTotals(units: number, total: number): void;
  /**
   * Of `count` units of rows x units at `places` (u32) the z above their thresholds: found is count x rows floats,
   * lengths (u32) says how many are in each row of it.
   */
  collectAbove(
    rows: number,
    units: number,
    z: number,
    count: number,
    places: number,
    thresholds: number,
    found: number,
    lengths: number,
  ): void;
  /** Indices (u32) of the units of a batch's counters that fired on some row; returns how many. */
  listOpen(units: number, batch: number, indices: number): number;

  // Regularization.
  /** gradient += l1·sign(x) + 2·l2·x; returns l1·Σ|x| + l2·Σx². */
  penalize(n: number, x: number, l1: number, l2: number, gradient: number): number;
  /**
   * Scales columns of a kernel whose norm is above `most` down to it; returns how many. scratch: 12 bytes a unit, from
   * a multiple of 8 on.
   */
  limitNorms(inputs: number, units: number, kernel: number, most: number, scratch: number): number;
  /** x *= factors. */
  multiply(n: number, x: number, factors: number): void;
  /** to = a + b; to may be one of them. */
  add(n: number, a: number, b: number, to: number): void;
  /**
   * factors = 0 where an element is dropped, else `scale`; out = h·factors. The word of element (r, u), dropped below
   * `threshold` (u32), is draw (firstRow + r)·units + u.
   */
  dropout(
    rows: number,
    units: number,
    firstRow: number,
    seedLow: number,
    seedHigh: number,
    stream: number,
    layer: number,
    epoch: number,
    threshold: number,
    scale: number,
    h: number,
    factors: number,
    out: number,
  ): void;
  /** to = from * scale + offset, of n bytes; `from` may be the last n bytes of `to`. */
  widenBytes(n: number, from: number, scale: number, offset: number, to: number): void;
  /** The same of n halves, 2n bytes; `isPlain`: 1 for the values themselves, -0 too. */
  widenHalves(n: number, from: number, isPlain: number, scale: number, offset: number, to: number): void;

  // Threads: `control` is the block that assembly/threads.ts describes.
  /**
   * Posts the product in the control block and takes turns at it; returns how many it finished before it had to wait
   * for helpers.
   */
  runShared(control: number): number;
  /** Finishes the product with the helpers; returns how many turns are missing after a while. */
  awaitHelpers(control: number): number;
  /** The life of helper `index`, from 1. Never returns. */
  helperLoop(control: number, index: number): void;
}
