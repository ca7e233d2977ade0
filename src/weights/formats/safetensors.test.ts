import { describe, expect, test } from 'vitest';
import { readSafetensors, safetensorsFile } from '../../../test/support/safetensors-file.ts';
import { VitrineError } from '../../lib/index.ts';
import { dtypeBits } from './safetensors.ts';

const utf8 = new TextEncoder();

function refusal(file: Uint8Array, fileBytes = file.length): string {
  try {
    readSafetensors(file, fileBytes);
  } catch (error) {
    expect(error).toBeInstanceOf(VitrineError);
    expect((error as VitrineError).code).toBe('safetensors-invalid');
    expect((error as VitrineError).message).toMatch(
      /^model\.safetensors is no valid .* copy of the model\.$/s,
    );
    return (error as VitrineError).message;
  }
  throw new Error('accepted');
}

const tensor = (shape: string, begin: number | string, end: number | string, dtype = '"F32"') =>
  `{"dtype":${dtype},"shape":${shape},"data_offsets":[${begin},${end}]}`;
const one = (name: string, ...rest: Parameters<typeof tensor>) => `{${name}:${tensor(...rest)}}`;
const lengthOnly = (length: bigint, total = 8) => {
  const bytes = new Uint8Array(total);
  new DataView(bytes.buffer).setBigUint64(0, length, true);
  return bytes;
};
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
const withExtra = (extra: string) => `{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"x":${extra}}}`;
const raw = (...parts: (string | number[])[]) =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'string' ? [...utf8.encode(part)] : part)));
const good = one('"a"', '[1]', 0, 4);
const huge = Number.MAX_SAFE_INTEGER;

const badFrames: [what: string, file: Uint8Array, reason: RegExp][] = [
  ['an empty file', new Uint8Array(), /0 bytes, too short/],
  ['7 bytes', new Uint8Array(7), /7 bytes, too short/],
  ['the length alone', lengthOnly(2n), /but the file has 8/],
  ['N = 0', lengthOnly(0n), /header is empty/],
  ['N = 1', safetensorsFile('{', 0), /header is empty/],
  ['N past the cap', lengthOnly(100_000_001n), /limit is 100000000/],
  ['N = 2^63', lengthOnly(2n ** 63n), /9223372036854775808/],
  ['N past the file', lengthOnly(1000n, 100), /1000 bytes, but the file has 100/],
  ['a pointer', utf8.encode('version https://git-lfs'), /pointer of a large file/],
  ['a web page', utf8.encode('<!doctype html>'), /web page/],
  ['a zip archive', utf8.encode('PK\x03\x04\x00\x00\x00\x08'), /zip archive/],
];

const badHeaders: [what: string, header: string | Uint8Array, data: number, reason: RegExp][] = [
  ['byte FF', Uint8Array.of(0xff, 0xff), 0, /not UTF-8/],
  ['an open brace', '{ ', 0, /name in quotes/],
  ['a list', '[]', 0, /not an object/],
  ['a string', '"a"', 0, /not an object/],
  ['null', 'null', 0, /not an object/],
  ['a byte order mark', raw([0xef, 0xbb, 0xbf], '{}'), 0, /value was expected/],
  ['NUL padding', raw('{}', [0, 0]), 0, /follows the end/],
  ['junk at the end', '{}x', 0, /follows the end/],
  ['NaN', withExtra('NaN'), 4, /value was expected/],
  ['a comment', '{/**/}', 0, /name in quotes/],
  ['a trailing comma', `${good.slice(0, -1)},}`, 4, /name in quotes/],
  ['a trailing comma in a list', one('"a"', '[1,]', 0, 4), 4, /value was expected/],
  ['half a surrogate pair', one('"\\ud800"', '[1]', 0, 4), 4, /surrogate/],
  ['the other half', one('"\\udc00"', '[1]', 0, 4), 4, /surrogate/],
  ['two first halves', one('"\\ud800\\ud800"', '[1]', 0, 4), 4, /surrogate/],
  ['a control character', one('"a\nb"', '[1]', 0, 4), 4, /control character/],
  ['an unknown escape', one('"\\x61"', '[1]', 0, 4), 4, /unknown escape/],
  ['a short escape', one('"\\u61"', '[1]', 0, 4), 4, /four hex/],
  ['vertical tab as padding', '{}\v', 0, /follows the end/],
  ['overlong UTF-8', raw('{"', [0xc0, 0xaf], '":1}'), 0, /not UTF-8/],
  ['deep nesting', withExtra(nested(126)), 4, /nested/],
  ['very deep nesting', withExtra(nested(200_000)), 4, /nested/],
  ['one byte too many', good, 5, /1 more than/],
  ['one byte too few', good, 3, /1 too few/],
  ['a hole', `{"a":${tensor('[1]', 0, 4)},"b":${tensor('[1]', 8, 12)}}`, 12, /"b" leaves a hole/],
  ['an overlap', `{"a":${tensor('[1]', 0, 4)},"b":${tensor('[1]', 2, 6)}}`, 6, /"b" overlaps/],
  ['one range twice', `{"a":${tensor('[1]', 0, 4)},"b":${tensor('[1]', 0, 4)}}`, 4, /overlaps/],
  ['a first begin of 4', one('"a"', '[1]', 4, 8), 8, /leaves a hole/],
  [
    'an empty tensor inside another',
    `{"a":${tensor('[1]', 0, 4)},"b":${tensor('[0]', 2, 2)}}`,
    4,
    /overlaps/,
  ],
  ['end before begin', one('"a"', '[1]', 4, 0), 4, /before it begins/],
  ['size and shape at odds', one('"a"', '[2]', 0, 4), 4, /takes 8/],
  ['an unknown dtype', one('"a"', '[1]', 0, 4, '"F31"'), 4, /unknown dtype "F31"/],
  ['a dtype in lower case', one('"a"', '[1]', 0, 4, '"f32"'), 4, /unknown dtype/],
  ['a dtype that objects have', one('"a"', '[1]', 0, 4, '"constructor"'), 4, /unknown dtype/],
  ['a dtype that is no string', one('"a"', '[1]', 0, 4, '4'), 4, /unknown dtype/],
  ['a negative dimension', one('"a"', '[-1]', 0, 4), 4, /dimension of -1/],
  ['a dimension of 1.0', one('"a"', '[1.0]', 0, 4), 4, /dimension of 1\.0/],
  ['a dimension of 1e0', one('"a"', '[1e0]', 0, 4), 4, /dimension of 1e0/],
  ['a leading zero', one('"a"', '[01]', 0, 4), 4, /comma or \]/],
  ['an offset of -0', one('"a"', '[1]', '-0', 4), 4, /offset of -0/],
  ['a dimension past u64', one('"a"', '[18446744073709551616]', 0, 4), 4, /dimension of/],
  ['a dimension past 2^53', one('"a"', '[9007199254740993,0]', 0, 0), 0, /dimension of/],
  ['an offset as a string', one('"a"', '[1]', '"0"', 4), 4, /not a number/],
  ['one offset', '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}', 4, /no two data_offsets/],
  ['three offsets', '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4,8]}}', 4, /no two data_offsets/],
  ['no shape', '{"a":{"dtype":"F32","data_offsets":[0,4]}}', 4, /has no shape/],
  ['no dtype', '{"a":{"shape":[1],"data_offsets":[0,4]}}', 4, /has no dtype/],
  ['no offsets', '{"a":{"dtype":"F32","shape":[1]}}', 4, /has no data_offsets/],
  ['a shape that is no list', one('"a"', '1', 0, 4), 4, /no list/],
  ['a product that overflows', one('"a"', `[${huge},${huge}]`, 0, 4), 4, /overflows/],
  ['bits that overflow', one('"a"', '[1073741824,1073741824]', 0, 4), 4, /overflows/],
  ['an overflow before a zero', one('"a"', `[${huge},${huge},0]`, 0, 0), 0, /overflows/],
  [
    'one field twice',
    '{"a":{"dtype":"F32","dtype":"F32","shape":[1],"data_offsets":[0,4]}}',
    4,
    /"dtype" is there twice/,
  ],
  ['__metadata__ twice', `{"__metadata__":{},"__metadata__":{}}`, 0, /twice/],
  ['one name twice', `{"a":${tensor('[1]', 0, 4)},"a":${tensor('[1]', 0, 4)}}`, 4, /"a" is there twice/],
  [
    'one name twice, once escaped',
    `{"a":${tensor('[1]', 0, 4)},"\\u0061":${tensor('[1]', 0, 4)}}`,
    4,
    /twice/,
  ],
  ['a number in __metadata__', '{"__metadata__":{"a":1}}', 0, /"a", which is not a string/],
  ['an object in __metadata__', '{"__metadata__":{"a":{}}}', 0, /not a string/],
  ['a list in __metadata__', '{"__metadata__":{"a":[]}}', 0, /not a string/],
  ['a string as __metadata__', '{"__metadata__":"a"}', 0, /not an object/],
  ['a tensor that is null', '{"a":null}', 0, /not described/],
  ['a tensor that is []', '{"a":[]}', 0, /not described/],
  ['an odd number of F4 values', one('"a"', '[3]', 0, 2, '"F4"'), 2, /no whole bytes/],
];

const goodHeaders: [what: string, header: string | Uint8Array, data: number, names: string[]][] = [
  ['no tensor', '{}', 0, []],
  ['white space at either end', ` \t\r\n${good}\n\r\t  `, 4, ['a']],
  ['any order of names', `{"b":${tensor('[1]', 4, 8)},"a":${tensor('[1]', 0, 4)}}`, 8, ['a', 'b']],
  [
    'empty tensors at any boundary',
    `{"a":${tensor('[0]', 0, 0)},"b":${tensor('[1]', 0, 4)},"c":${tensor('[2,0]', 4, 4)}}`,
    4,
    ['a', 'b', 'c'],
  ],
  ['a scalar', one('"a"', '[]', 0, 4), 4, ['a']],
  ['an empty name', one('""', '[1]', 0, 4), 4, ['']],
  ['__proto__', one('"__proto__"', '[1]', 0, 4), 4, ['__proto__']],
  ['an escaped name', one('"\\u0061\\n\\ud83d\\ude00\\/"', '[1]', 0, 4), 4, ['a\n😀/']],
  [
    'names like integers, in order of place',
    `{"2":${tensor('[1]', 0, 4)},"1":${tensor('[1]', 4, 8)}}`,
    8,
    ['2', '1'],
  ],
  ['an unknown field', withExtra('{"y":[1.5e-3,-0,true,false,null,"z"]}'), 4, ['a']],
  ['nesting below the limit', withExtra(nested(125)), 4, ['a']],
  ['metadata that is null', '{"__metadata__":null}', 0, []],
  ['huge dimensions after a zero', one('"a"', `[0,${huge},${huge}]`, 0, 0), 0, ['a']],
  ['F32 at an odd offset', `{"a":${tensor('[1]', 0, 1, '"U8"')},"b":${tensor('[1]', 1, 5)}}`, 5, ['a', 'b']],
  ['a tensor as a list of three', '{"a":["F32",[1],[0,4]]}', 4, ['a']],
  ['an even number of F4 values', one('"a"', '[4]', 0, 2, '"F4"'), 2, ['a']],
];

describe('safetensors headers', () => {
  test.each(badFrames)('refuses %s', (_what, file, reason) => {
    expect(refusal(file)).toMatch(reason);
  });
  test.each(badHeaders)('refuses %s', (_what, header, data, reason) => {
    expect(refusal(safetensorsFile(header, data))).toMatch(reason);
  });
  test.each(goodHeaders)('accepts %s', (_what, header, data, names) => {
    expect(readSafetensors(safetensorsFile(header, data)).tensors.map(({ name }) => name)).toEqual(names);
  });

  test.each([...dtypeBits])('knows %s', (dtype, bits) => {
    const { tensors } = readSafetensors(
      safetensorsFile(one('"a"', '[4]', 0, bits / 2, `"${dtype}"`), bits / 2),
    );
    expect(tensors[0]).toMatchObject({ dtype, shape: [4] });
  });

  test('gives ranges from the start of the file', () => {
    const header = `{"b":${tensor('[2]', 4, 12)},"a":${tensor('[1]', 0, 4)}}`;
    const start = 8 + header.length;
    expect(readSafetensors(safetensorsFile(header, 12)).tensors).toEqual([
      { name: 'a', dtype: 'F32', shape: [1], file: 'model.safetensors', begin: start, end: start + 4 },
      { name: 'b', dtype: 'F32', shape: [2], file: 'model.safetensors', begin: start + 4, end: start + 12 },
    ]);
  });

  test('metadata has no prototype to reach; unknown fields are noticed', () => {
    const { metadata } = readSafetensors(
      safetensorsFile('{"__metadata__":{"__proto__":"x","format":"pt"}}', 0),
    );
    expect(Object.entries(metadata)).toEqual([
      ['__proto__', 'x'],
      ['format', 'pt'],
    ]);
    expect(Object.getPrototypeOf(metadata)).toBeNull();
    expect(readSafetensors(safetensorsFile(withExtra('1'), 4)).notices).toEqual([
      expect.stringContaining('"x"'),
    ]);
  });

  test('a message never carries a long or raw name', () => {
    const message = refusal(safetensorsFile(one(`"${'n'.repeat(5000)}\\n"`, '[2]', 0, 4), 4));
    expect(message.length).toBeLessThan(400);
    expect(message).not.toContain('\n');
  });

  test('many names on one range are refused, and so are too many names', () => {
    const names = (count: number) =>
      `{${Array.from({ length: count }, (_, i) => `"t${i}":${tensor('[1]', 0, 4)}`).join(',')}}`;
    expect(refusal(safetensorsFile(names(10), 4))).toMatch(/overlaps/);
    expect(refusal(safetensorsFile(names(100_001), 4))).toMatch(/more than 100000 tensors/);
  });
});
