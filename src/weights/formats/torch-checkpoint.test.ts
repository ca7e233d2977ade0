import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeZip, type ZipPart } from '../../../test/support/zip-writer.ts';
import { VitrineError } from '../../lib/index.ts';
import { readTorchCheckpoint } from './torch-checkpoint.ts';

const golden = (name: string) =>
  Uint8Array.from(readFileSync(new URL(`../../../test/golden/torch/${name}`, import.meta.url)));
const contents = JSON.parse(new TextDecoder().decode(golden('contents.json'))) as Record<
  string,
  Record<string, { dtype: string; shape: number[]; sha256: string }>
>;
const at = (bytes: Uint8Array) => ({ file: 'pytorch_model.bin', fileBytes: bytes.length });

/** Reads as a server would answer: the range and nothing else; a range outside of the file is a mistake of ours. */
async function open(bytes: Uint8Array, asked: [number, number][] = []) {
  const { tensors } = await readTorchCheckpoint(async (begin, end) => {
    if (!(begin >= 0 && begin <= end && end <= bytes.length))
      throw new RangeError(`asked for ${begin} to ${end}`);
    asked.push([begin, end]);
    return bytes.slice(begin, end);
  }, at(bytes));
  return tensors;
}

async function refusal(bytes: Uint8Array): Promise<string> {
  const error = await open(bytes).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(VitrineError);
  expect((error as VitrineError).code).toBe('unsupported-format');
  expect((error as VitrineError).message).toMatch(
    /^pytorch_model\.bin cannot be read .* save_pretrained\.$/s,
  );
  return (error as VitrineError).message;
}

/** An archive by hand around a pickle. */
const archive = (pickle: string, parts: ZipPart[] = [{ name: 'x/data/0', bytes: new Uint8Array(64) }]) =>
  writeZip([{ name: 'x/data.pkl', bytes: latin(pickle) }, ...parts]);
const latin = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const unicode = (text: string) => `\x8c${String.fromCharCode(text.length)}${text}`;
const storage = (count = 16, type = 'torch\nFloatStorage', key = '0') =>
  `(${unicode('storage')}c${type}\n${unicode(key)}${unicode('cpu')}K${String.fromCharCode(count)}tQ`;
const tensor = (body: string, call = 'torch._utils\n_rebuild_tensor_v2') => `c${call}\n(${body}\x89NtR`;
const root = (value: string) => `\x80\x02}${unicode('w')}${value}s.`;

describe('checkpoints by torch.save', () => {
  test.each([
    ['state.bin', 'state'],
    ['state-legacy.bin', 'state'],
    ['parameters.bin', 'parameters'],
    ['parameters-legacy.bin', 'parameters'],
  ])('%s: names, types, shapes and bytes', async (name, key) => {
    const bytes = golden(name);
    const tensors = await open(bytes);
    const found = tensors.map(({ name, dtype, shape, file, begin, end, stored }) => {
      expect(file).toBe('pytorch_model.bin');
      const sha256 = createHash('sha256').update(bytes.subarray(begin, end)).digest('hex');
      return [name, { dtype: stored?.dtype ?? dtype, shape, sha256 }];
    });
    expect(Object.fromEntries(found)).toEqual(contents[key]);
  });

  test('tensors that share their values share their bytes', async () => {
    const tensors = new Map((await open(golden('state.bin'))).map((tensor) => [tensor.name, tensor]));
    const [wte, head, table, row] = ['wte.weight', 'lm_head.weight', 'table', 'row'].map((name) =>
      tensors.get(name),
    );
    expect(head?.begin).toBe(wte?.begin);
    expect(row?.begin).toBe((table?.begin ?? 0) + 2 * 6 * 4);
  });

  test('a transposed view, a repeated value and a dictionary inside of another', async () => {
    const [view] = await open(golden('transposed.bin'));
    expect(view).toMatchObject({ name: 'transposed', shape: [6, 4], transposed: true });
    expect((view?.end ?? 0) - (view?.begin ?? 0)).toBe(6 * 4 * 4);
    const [repeated] = await open(archive(root(tensor(`${storage()}K\x00K\x04\x85K\x00\x85`))));
    expect(repeated).toMatchObject({ shape: [4], stored: { sizes: [4], strides: [0] } });
    const nested = await open(golden('nested.bin'));
    expect(nested.map(({ name }) => name)).toContain('wte.weight');
  });

  test('weights are not read', async () => {
    const big = new Uint8Array(4_000_000);
    const shape = 'K\x00J\x40\x42\x0f\x00\x85K\x01\x85';
    const pickle = root(tensor(storage(1).replace('K\x01tQ', 'J\x40\x42\x0f\x00tQ') + shape));
    const asked: [number, number][] = [];
    const [found] = await open(archive(pickle, [{ name: 'x/data/0', bytes: big, padding: 37 }]), asked);
    expect(found).toMatchObject({ name: 'w', shape: [1_000_000] });
    expect((found?.end ?? 0) - (found?.begin ?? 0)).toBe(big.length);
    expect(asked.reduce((sum, [begin, end]) => sum + end - begin, 0)).toBeLessThan(200_000);
  });

  test('the directory of archives past 4 GiB, and entries of them', async () => {
    const pickle = latin(root(tensor(`${storage()}K\x02K\x04\x85K\x01\x85`)));
    const parts = [
      { name: 'x/data.pkl', bytes: pickle, wide: true },
      { name: 'x/data/0', bytes: new Uint8Array(64), wide: true, padding: 5 },
    ];
    for (const bytes of [writeZip(parts), writeZip(parts, true)]) {
      const [found] = await open(bytes);
      expect(found).toMatchObject({ name: 'w', dtype: 'F32', shape: [4] });
      expect(found?.begin).toBe(30 + 10 + pickle.length + 30 + 8 + 5 + 8);
    }
  });
});

const good = tensor(`${storage()}K\x00K\x04\x85K\x01\x85`);
const hostile: [what: string, bytes: Uint8Array, reason: RegExp][] = [
  ['a system call', archive('cos\nsystem\n(X\x04\x00\x00\x00ls -tR.'), /"os\.system".*nothing was executed/],
  ['a system call by stack', archive(`${unicode('os')}${unicode('system')}\x93)R.`), /"os\.system"/],
  ['eval', archive('c__builtin__\neval\n(tR.'), /"__builtin__\.eval"/],
  ['a name that objects have', archive('cconstructor\nconstructor\n)R.'), /"constructor\.constructor"/],
  ['a name that is a path', archive('ctorch\nload\n)R.'), /"torch\.load"/],
  [
    'a call of a value that is not a function',
    archive('}K\x01\x85R.'),
    /calls a value that is not a function/,
  ],
  ['a call of a storage type', archive('ctorch\nFloatStorage\n)R.'), /"torch\.FloatStorage"/],
  ['an object by class', archive('(ios\nsystem\n.'), /opcode 0x69/],
  ['a new object', archive('ccollections\nOrderedDict\n)\x81.'), /opcode 0x81/],
  ['an extension', archive('\x82\x01.'), /opcode 0x82/],
  ['an empty pickle', archive(''), /ends too early/],
  ['a huge string', archive('X\xff\xff\xff\xffabc'), /ends too early/],
  ['a huge number', archive(`\x8a\xff${'\x01'.repeat(255)}.`), /number of 255 bytes/],
  ['a missing memo entry', archive('j\xff\xff\xff\xff.'), /never stored/],
  ['an empty stack', archive('R.'), /empty stack/],
  ['no mark', archive('t.'), /lacks a mark/],
  ['many marks', archive(`${'('.repeat(100_000)}.`), /empty stack/],
  [
    'lists inside of lists',
    archive(`${']'.repeat(100_000)}${'a'.repeat(99_999)}.`),
    /no dictionary of tensors/,
  ],
  [
    'a dictionary of calls',
    archive(`}(${`${unicode('a')}ccollections\nOrderedDict\n)R`}u.`),
    /no tensors by name, only "a"/,
  ],
  ['a dictionary inside of itself', archive(`}q\x00${unicode('a')}h\x00s.`), /no tensors by name, only "a"/],
  ['a list inside of itself', archive(`]q\x00h\x00a.`), /no dictionary of tensors/],
  ['a future version', archive('\x80\x09.'), /version 9/],
  ['a name twice', archive(`\x80\x02}(${unicode('w')}${good}${unicode('w')}${good}u.`), /"w" twice/],
  [
    'an offset past the storage',
    archive(root(tensor(`${storage()}K\x0dK\x04\x85K\x01\x85`))),
    /past its storage/,
  ],
  ['a negative offset', archive(root(tensor(`${storage()}J\xff\xff\xff\xffK\x04\x85K\x01\x85`))), /a size/],
  [
    'a size that is a fraction',
    archive(root(tensor(`${storage()}K\x00G?\xf8${'\0'.repeat(6)}\x85K\x01\x85`))),
    /a size/,
  ],
  [
    'strides past the storage',
    archive(root(tensor(`${storage()}K\x00K\x02K\x03\x86K\x0eK\x01\x86`))),
    /past its storage/,
  ],
  ['fewer strides than sizes', archive(root(tensor(`${storage()}K\x00K\x02K\x02\x86K\x01\x85`))), /a tensor/],
  [
    'a storage of an unknown type',
    archive(root(tensor(`${storage(16, 'torch\nComplexFloatStorage')}`))),
    /ComplexFloatStorage/,
  ],
  [
    'a storage that is shorter',
    archive(root(good), [{ name: 'x/data/0', bytes: new Uint8Array(60) }]),
    /60 bytes, too short/,
  ],
  ['a storage that is missing', archive(root(good), []), /no data\/0/],
  [
    'a storage by path',
    archive(root(tensor(`${storage(16, undefined, '../0')}K\x00K\x04\x85K\x01\x85`))),
    /no data\/\.\.\/0/,
  ],
  [
    'compressed weights',
    archive(root(good), [{ name: 'x/data/0', bytes: new Uint8Array(64), method: 8 }]),
    /is compressed/,
  ],
  [
    'encrypted weights',
    archive(root(good), [{ name: 'x/data/0', bytes: new Uint8Array(64), flags: 1 }]),
    /encrypted/,
  ],
  [
    'an entry past the file',
    archive(root(good), [{ name: 'x/data/0', bytes: new Uint8Array(64), claim: 5000 }]),
    /past the data/,
  ],
  [
    'high bytes first',
    archive(root(good), [{ name: 'x/byteorder', bytes: latin('big') }]),
    /high byte first/,
  ],
  ['no pickle', writeZip([{ name: 'x/data/0', bytes: new Uint8Array(4) }]), /no data\.pkl/],
  ['one entry twice', writeZip([1, 2].map(() => ({ name: 'x/data.pkl', bytes: latin('.') }))), /twice/],
  ['an archive cut short', archive(root(good)).slice(0, -30), /end is missing/],
  ['a web page', latin('<!doctype html><title>Not found</title>'), /does not start like a checkpoint/],
  ['an empty file', new Uint8Array(), /does not start like a checkpoint/],
  ['a module', golden('module.bin'), /__main__\.Block/],
  ['an old file cut short', golden('state-legacy.bin').slice(0, -1), /cut short/],
];

describe('hostile checkpoints', () => {
  test.each(hostile)('refuses %s', async (_what, bytes, reason) => {
    expect(await refusal(bytes)).toMatch(reason);
  });

  test.each(['state.bin', 'state-legacy.bin', 'parameters.bin'])(
    'any damage of %s is an error or stays inside of the file',
    async (name) => {
      const whole = golden(name);
      const edit = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }));
      await fc.assert(
        fc.asyncProperty(
          fc.array(edit, { minLength: 1, maxLength: 4 }),
          fc.option(fc.nat(whole.length)),
          async (edits, cut) => {
            const bytes = cut === null ? whole.slice() : whole.slice(0, cut);
            for (const [place, value] of edits) if (place < bytes.length) bytes[place] = value;
            try {
              for (const { begin, end } of await open(bytes))
                expect(begin >= 0 && begin <= end && end <= bytes.length).toBe(true);
            } catch (error) {
              expect(error).toBeInstanceOf(VitrineError);
            }
          },
        ),
        { numRuns: 1500 },
      );
    },
  );
});
