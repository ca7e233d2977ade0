import { matrixFormat, type WeightDtype } from '../../src/shaders/index.ts';
import { packMatrix, unpackMatrix } from '../../src/shaders/reference/index.ts';
import type { TestCheckpoint } from './checkpoint.ts';

/**
 * The checkpoint with the weights that its matrices have in a dtype, once packed and unpacked. Packing them again changes
 * nothing, so an engine that loads it in that dtype computes with exactly these.
 */
export function quantisedCheckpoint(checkpoint: TestCheckpoint, dtype: WeightDtype): TestCheckpoint {
  const weights = new Map(checkpoint.weights);
  for (const { role, layer, tensor } of checkpoint.table.parameters) {
    const name = layer === undefined ? role : `h.${layer}.${role}`;
    const values = checkpoint.weights.get(name) as Float32Array;
    if (tensor.shape.length !== 2 || role === 'wpe') continue;
    const [height, width] = tensor.shape as [number, number];
    // Conv1D matrices are stored [in, out]; scales go along the inputs.
    if (layer === undefined) {
      const own = dtype === 'int4' ? 'int8' : dtype;
      weights.set(name, rounded(values, own, height, width));
    } else {
      const rows = rounded(transposed(values, height, width), dtype, width, height);
      weights.set(name, transposed(rows, width, height));
    }
  }
  const byTensor = new Map(
    checkpoint.table.parameters.map(({ role, layer, tensor }) => [
      tensor.name,
      weights.get(layer === undefined ? role : `h.${layer}.${role}`) as Float32Array<ArrayBuffer>,
    ]),
  );
  return {
    ...checkpoint,
    weights,
    bytes: ({ name }) => new Uint8Array((byTensor.get(name) as Float32Array<ArrayBuffer>).slice().buffer),
  };
}

function rounded(values: Float32Array, dtype: WeightDtype, rows: number, columns: number): Float32Array {
  const format = matrixFormat(dtype, rows, columns, 2 ** 27);
  return unpackMatrix(packMatrix(values, format), format);
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array {
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)] as number);
}
