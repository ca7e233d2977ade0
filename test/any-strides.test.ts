import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openCheckpoint, type TensorInfo } from '../src/weights/index.ts';
import { writeTorch } from './support/pickle-writer.ts';

const dtypes = {
  F32: { storage: 'FloatStorage', array: Float32Array },
  F64: { storage: 'DoubleStorage', array: Float64Array },
} as const;

/** Any view: sizes, steps between values (0 repeats, a small one overlaps), and where it begins. */
const views = fc
  .array(fc.record({ size: fc.integer({ min: 1, max: 5 }), stride: fc.nat(30) }), { maxLength: 4 })
  .chain((axes) =>
    fc.record({
      shape: fc.constant(axes.map(({ size }) => size)),
      strides: fc.constant(axes.map(({ stride }) => stride)),
      offset: fc.nat(7),
      spare: fc.nat(5),
      dtype: fc.constantFrom('F32' as const, 'F64' as const),
      chunkBytes: fc.integer({ min: 8, max: 600 }),
    }),
  );

/** Values of a view in row-major order, by the definition of strides. */
function valuesOf(shape: readonly number[], strides: readonly number[], offset: number): number[] {
  const [size, ...rest] = shape;
  if (size === undefined) return [offset];
  const [stride = 0, ...steps] = strides;
  return Array.from({ length: size }, (_, i) => valuesOf(rest, steps, offset + i * stride)).flat();
}

/** What the sink receives, in the order of the tensor's own shape. */
function inOwnOrder({ shape, transposed }: TensorInfo, values: Float32Array): number[] {
  if (!transposed) return [...values];
  const [rows = 0, columns = 0] = shape;
  return Array.from(values, (_, i) => values[(i % columns) * rows + Math.floor(i / columns)] as number);
}

test('a tensor of any strides arrives as its values in order', async () => {
  await fc.assert(
    fc.asyncProperty(views, async ({ shape, strides, offset, spare, dtype, chunkBytes }) => {
      const reach = shape.reduce((sum, size, axis) => sum + (size - 1) * (strides[axis] ?? 0), offset);
      const { storage, array } = dtypes[dtype];
      const values = new array(Array.from({ length: reach + 1 + spare }, (_, at) => at + 0.25));
      const tensor = { key: '0', shape, strides, offset, storage, count: values.length };
      const bytes = writeTorch({ w: tensor }, new Map([['0', new Uint8Array(values.buffer)]]));
      const files = [new File(['{}'], 'config.json'), new File([bytes], 'pytorch_model.bin')];
      const checkpoint = await openCheckpoint(files, { transport: { chunkBytes } });
      const pieces: Uint8Array[] = [];
      await checkpoint.stream(() => true, {
        write: (_tensor, _at, piece) => void pieces.push(piece.slice()),
      });
      const info = checkpoint.tensors.get('w') as TensorInfo;
      expect([info.dtype, info.shape]).toEqual(['F32', shape]);
      const received = new Float32Array(Uint8Array.from(pieces.flatMap((piece) => [...piece])).buffer);
      const wanted = valuesOf(shape, strides, offset).map((at) => at + 0.25);
      expect(inOwnOrder(info, received)).toEqual(wanted);
    }),
    { numRuns: 300 },
  );
});
