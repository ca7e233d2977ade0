import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type WrittenTensor, writeSafetensors } from '../../../test/support/safetensors-writer.ts';
import { dtypeBits, parseSafetensorsHeader, readHeaderLength } from '../formats/safetensors.ts';
import type { Dtype } from '../types.ts';

const wholeBytes = [...dtypeBits].filter(([, bits]) => bits % 8 === 0).map(([dtype]) => dtype as Dtype);

const tensor = fc
  .tuple(
    fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('__proto__', 'constructor', '7', '')),
    fc.constantFrom(...wholeBytes),
    fc.array(fc.nat(4), { maxLength: 4 }),
    fc.nat(255),
  )
  .filter(([name]) => name !== '__metadata__')
  .map(([name, dtype, shape, fill]): WrittenTensor => {
    const bytes = shape.reduce((product, size) => product * size, (dtypeBits.get(dtype) ?? 0) / 8);
    return { name, dtype, shape, data: new Uint8Array(bytes).fill(fill) };
  });

test('what is written is read: names, types, shapes and bytes, in any order, padded, at odd offsets', () => {
  const options = fc.record({
    metadata: fc.option(fc.dictionary(fc.string(), fc.string()), { nil: undefined }),
    padHeaderTo: fc.nat(3000),
    unaligned: fc.boolean(),
    reverse: fc.boolean(),
  });
  const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 8 });
  fc.assert(
    fc.property(tensors, options, (given, { reverse, ...rest }) => {
      const names = given.map(({ name }) => name);
      const bytes = writeSafetensors(given, { ...rest, order: reverse ? names.reverse() : undefined });
      const at = { file: 'x', fileBytes: bytes.length };
      const length = readHeaderLength(bytes.subarray(0, 8), bytes.length, 'x');
      const read = parseSafetensorsHeader(bytes.subarray(8, 8 + length), at);
      const found = read.tensors.map(({ name, dtype, shape, begin, end }) => [
        name,
        { dtype, shape, data: bytes.slice(begin, end) },
      ]);
      expect(new Map(found as [string, unknown][])).toEqual(
        new Map(given.map(({ name, dtype, shape, data }) => [name, { dtype, shape, data }])),
      );
      expect(Object.entries(read.metadata)).toEqual(Object.entries(rest.metadata ?? {}));
      if (rest.unaligned) expect(length % 2).toBe(1);
    }),
    { numRuns: 500 },
  );
});
