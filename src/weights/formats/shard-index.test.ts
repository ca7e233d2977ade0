import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VitrineError } from '../../lib/index.ts';
import type { TensorInfo } from '../types.ts';
import { checkShardIndex, parseShardIndex } from './shard-index.ts';

const file = 'model.safetensors.index.json';
const index = (map: Record<string, unknown>) =>
  JSON.stringify({ metadata: { total_size: 8 }, weight_map: map });
const first = 'model-00001-of-00002.safetensors';
const second = 'model-00002-of-00002.safetensors';
const tensor = (name: string, shard: string): [string, TensorInfo] => [
  name,
  { name, dtype: 'F32', shape: [1], file: shard, begin: 0, end: 4 },
];

describe('parseShardIndex', () => {
  test('gives each shard once and the place of each tensor', () => {
    const { shards, weightMap } = parseShardIndex(index({ b: second, a: first, c: second }), file);
    expect(shards).toEqual([second, first]);
    expect([...weightMap]).toEqual([
      ['b', second],
      ['a', first],
      ['c', second],
    ]);
  });

  test('a tensor may be called __proto__', () => {
    expect(parseShardIndex(`{"weight_map":{"__proto__":"${first}"}}`, file).weightMap.get('__proto__')).toBe(
      first,
    );
  });

  test.each([
    '../model.safetensors',
    'a/b.safetensors',
    '/etc/x.safetensors',
    'a\\b.safetensors',
    'C:x.safetensors',
    'https://host/x.safetensors',
    'data:x.safetensors',
    '..safetensors',
    'a..safetensors',
    '.hidden.safetensors',
    '-x.safetensors',
    'x.safetensors?token=1',
    'x.safetensors#y',
    'x%2f..%2fy.safetensors',
    'x .safetensors',
    'x\n.safetensors',
    'x.safetensors\n',
    'x\u0000.safetensors',
    'х.safetensors',
    'x\u202e.safetensors',
    'x.bin',
    '.safetensors',
    '',
    `${'x'.repeat(300)}.safetensors`,
    1,
    null,
    ['a.safetensors'],
  ])('refuses the shard %j', (name) => {
    expect(() => parseShardIndex(index({ 'wte.weight': name }), file)).toThrow(/"wte\.weight".*same folder/s);
  });

  test.each([
    ['no JSON', '<html>', /cannot be read/],
    ['no map', '{}', /no weight_map/],
    ['a list', '[]', /no weight_map/],
    ['a list as map', '{"weight_map":[]}', /no weight_map/],
    ['nothing in it', '{"weight_map":{}}', /empty/],
    ['a tensor in two shards', `{"weight_map":{"a":"${first}","a":"${second}"}}`, /twice/],
    [
      'too many shards',
      index(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [i, `s${i}.safetensors`]))),
      /1001 shards/,
    ],
  ])('refuses an index with %s', (_what, text, reason) => {
    expect(() => parseShardIndex(text, file)).toThrow(reason);
  });

  test('any text gives an index or an error that says so', () => {
    const texts = fc.oneof(fc.string(), fc.json(), fc.dictionary(fc.string(), fc.string()).map(index));
    fc.assert(
      fc.property(texts, (text) => {
        try {
          for (const shard of parseShardIndex(text, file).shards)
            expect(new URL(shard, 'https://host/folder/').href).toBe(`https://host/folder/${shard}`);
        } catch (error) {
          expect((error as VitrineError).code).toBe('safetensors-invalid');
          expect(error).toBeInstanceOf(VitrineError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

test('shards of PyTorch end in .bin', () => {
  const bin = 'pytorch_model.bin.index.json';
  expect(parseShardIndex(index({ a: 'pytorch_model-00001-of-00002.bin' }), bin).shards).toHaveLength(1);
  expect(() => parseShardIndex(index({ a: first }), bin)).toThrow(/bin file in the same folder/);
});

test('a tied head may be in the index and in no shard', () => {
  const parsed = parseShardIndex(index({ a: first, 'lm_head.weight': first }), file);
  checkShardIndex(parsed, new Map([tensor('a', first)]), file);
});

test('tensors must be in the shard the index names', () => {
  const parsed = parseShardIndex(index({ a: first, b: second }), file);
  checkShardIndex(parsed, new Map([tensor('a', first), tensor('b', second), tensor('more', second)]), file);
  expect(() => checkShardIndex(parsed, new Map([tensor('a', first)]), file)).toThrow(/"b".*does not have it/);
  expect(() => checkShardIndex(parsed, new Map([tensor('a', second), tensor('b', second)]), file)).toThrow(
    /"a" into .*00001.*, but .*00002.* has it/,
  );
});
