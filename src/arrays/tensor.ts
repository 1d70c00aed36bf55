// Numbers with a shape, row-major, as most readers of files hand them on.

/** A tensor in float64, row-major. */
export interface NamedTensor {
  readonly shape: readonly number[];
  readonly data: Float64Array;
}

/** A matrix with its axes the other way round. */
export function transposed({ shape: [rows, columns], data }: NamedTensor): NamedTensor {
  const result = new Float64Array(data.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) result[j * rows + i] = data[i * columns + j];
  return { shape: [columns, rows], data: result };
}
