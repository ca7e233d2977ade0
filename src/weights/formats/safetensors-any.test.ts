import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readSafetensors, safetensorsFile } from '../../../test/support/safetensors-file.ts';
import { VitrineError } from '../../lib/index.ts';
import { dtypeBits } from './safetensors.ts';

const utf8 = new TextEncoder();

/** What `JSON.parse` makes of a header, and whether the result keeps every rule. */
function model(header: Uint8Array, data: number) {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(header);
    const root = JSON.parse(text) as Record<
      string,
      { dtype: string; shape: number[]; data_offsets: number[] }
    >;
    const tensors = Object.entries(root)
      .filter(([name]) => name !== '__metadata__')
      .map(([name, { dtype, shape, data_offsets }]) => ({
        name,
        dtype,
        shape,
        begin: data_offsets[0] as number,
        end: data_offsets[1] as number,
      }))
      .sort((a, b) => a.begin - b.begin || a.end - b.end);
    const ends = [...tensors.map(({ end }) => end)];
    const whole = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
    const valid = tensors.every(
      ({ dtype, shape, begin, end }, i) =>
        [...shape, begin, end].every(whole) &&
        begin === (ends[i - 1] ?? 0) &&
        (shape.reduce((a, b) => a * b, 1) * (dtypeBits.get(dtype) ?? Number.NaN)) / 8 === end - begin,
    );
    return { valid: valid && (ends.at(-1) ?? 0) === data, tensors, canonical: JSON.stringify(root) === text };
  } catch {
    return undefined;
  }
}

const dtypes = fc.constantFrom('F32', 'F16', 'BF16', 'U8', 'I64', 'BOOL');
const headers = fc
  .uniqueArray(
    fc.tuple(fc.string({ unit: 'binary', maxLength: 8 }), dtypes, fc.array(fc.nat(3), { maxLength: 3 })),
    {
      selector: ([name]) => name,
      maxLength: 6,
    },
  )
  .map((list) => {
    let at = 0;
    const entries = list
      .filter(([name]) => name !== '__metadata__' && name !== '__proto__')
      .map(([name, dtype, shape]) => {
        const begin = at;
        at += (shape.reduce((a, b) => a * b, 1) * (dtypeBits.get(dtype) as number)) / 8;
        return [name, { dtype, shape, data_offsets: [begin, at] }] as const;
      });
    return { text: JSON.stringify(Object.fromEntries(entries)), data: at };
  });

function agree(header: Uint8Array, data: number): void {
  const expected = model(header, data);
  const file = safetensorsFile(header, data);
  let parsed: ReturnType<typeof readSafetensors> | undefined;
  try {
    parsed = readSafetensors(file);
  } catch (error) {
    expect(error).toBeInstanceOf(VitrineError);
    expect((error as VitrineError).code).toBe('safetensors-invalid');
  }
  // What JSON.parse writes back unchanged has no key twice and no odd spelling: it must be judged the same.
  if (expected?.canonical && expected.valid) expect(parsed).toBeDefined();
  if (!parsed || /\[\s*"/.test(new TextDecoder().decode(header))) return;
  expect(expected?.valid).toBe(true);
  const start = 8 + header.length;
  const tensors = expected?.tensors.map((one) => ({
    ...one,
    file: 'model.safetensors',
    begin: start + one.begin,
    end: start + one.end,
  }));
  expect(new Set(parsed.tensors.map((one) => JSON.stringify(one, Object.keys(one).sort())))).toEqual(
    new Set(tensors?.map((one) => JSON.stringify(one, Object.keys(one).sort()))),
  );
}

describe('any header', () => {
  test('a valid one is read as JSON.parse reads it', () => {
    fc.assert(
      fc.property(headers, ({ text, data }) => {
        agree(utf8.encode(text), data);
      }),
      { numRuns: 500 },
    );
  });

  test('a damaged one is refused, or read as JSON.parse reads it', () => {
    const edit = fc.record({
      at: fc.nat(),
      cut: fc.nat(3),
      put: fc.uint8Array({ maxLength: 3 }),
      shift: fc.integer({ min: -1, max: 1 }),
    });
    const swaps = fc.constantFrom(
      '"',
      '{',
      '}',
      '[',
      ']',
      ',',
      ':',
      '0',
      '-',
      '.',
      'e',
      '\\',
      ' ',
      '\\u0061',
      'null',
    );
    fc.assert(
      fc.property(headers, edit, fc.option(swaps), ({ text, data }, { at, cut, put, shift }, swap) => {
        const bytes = utf8.encode(text);
        const place = at % (bytes.length + 1);
        const middle = swap === null ? put : utf8.encode(swap);
        const damaged = Uint8Array.of(...bytes.subarray(0, place), ...middle, ...bytes.subarray(place + cut));
        if (damaged.length >= 2) agree(damaged, Math.max(0, data + (at % 5 === 0 ? shift : 0)));
      }),
      { numRuns: 3000 },
    );
  });

  test('any bytes are a header or a refusal', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        try {
          readSafetensors(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(VitrineError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
