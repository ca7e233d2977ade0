import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { writeTable } from '../../../test/support/published-writers.ts';
import { VitrineError } from '../../lib/index.ts';
import type { TensorInfo } from '../types.ts';
import { readCharacterVocabulary } from './character-vocabulary.ts';
import { identifyFile } from './identify-file.ts';
import { isLlmc, readLlmc } from './llmc.ts';
import { parseLoraConfig, planLora } from './lora.ts';
import { readNanoGpt } from './nanogpt.ts';
import { readTensorflow } from './tensorflow.ts';

const latin = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
const hparams = { n_vocab: 4, n_ctx: 2, n_embd: 2, n_head: 1, n_layer: 1 };
const data = { file: 'model.ckpt.data-00000-of-00001', fileBytes: 1000 };
const at = 'model.ckpt.index';

/** A VitrineError, within a second of this thread's time, whatever is thrown. */
function refusal(run: () => unknown): VitrineError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(VitrineError);
    return error as VitrineError;
  }
  throw new Error('nothing was thrown');
}

function header(values: number[]): Uint8Array {
  const ints = new Int32Array(256);
  ints.set(values);
  return new Uint8Array(ints.buffer);
}

describe('llm.c', () => {
  const tiny = [20240326, 3, 2, 3, 1, 1, 2, 4];
  const bytes = 1024 + 4 * (4 * 2 + 2 * 2 + 2 * 2 + 12 + 6 + 4 + 2 + 4 + 16 + 8 + 16 + 2 + 4);

  test('reads what it should', () => {
    const { tensors, config } = readLlmc(header(tiny), { file: 'm.bin', fileBytes: bytes });
    expect(tensors).toHaveLength(16);
    expect(config).toMatchObject({ vocab_size: 3, n_embd: 2 });
    expect(isLlmc(header(tiny))).toBe(true);
  });

  test.each([
    ['a file that was cut', tiny, bytes - 1, 'integrity'],
    ['another version', [20240326, 4, ...tiny.slice(2)], bytes, 'unsupported-format'],
    ['huge sizes', [20240326, 3, ...new Array(6).fill(2 ** 31 - 1)], bytes, 'unsupported-format'],
    ['no sizes', [20240326, 3], bytes, 'unsupported-format'],
    ['negative sizes', [20240326, 3, -1, -1, -1, -1, -1, -1], bytes, 'unsupported-format'],
    ['a padding below the vocabulary', [...tiny.slice(0, 7), 2], bytes, 'unsupported-format'],
    ['a million layers', [20240326, 3, 2, 3, 1_000_000, 1, 2, 4], bytes, 'unsupported-format'],
  ])('refuses %s', (_what, values, fileBytes, code) => {
    expect(refusal(() => readLlmc(header(values), { file: 'm.bin', fileBytes })).code).toBe(code);
  });

  test('a short header is no checkpoint', () => {
    expect(refusal(() => readLlmc(latin('ab'), { file: 'm.bin', fileBytes: 2 })).code).toBe(
      'unsupported-format',
    );
    expect(isLlmc(latin('ab'))).toBe(false);
  });
});

describe('the index of TensorFlow', () => {
  const meta: [string, number[]] = ['', [8, 1]];
  // {1: float, 2: [4, 2], 5: 32}
  const wte: [string, number[]] = ['model/wte', [8, 1, 18, 8, 18, 2, 8, 4, 18, 2, 8, 2, 40, 32]];
  const table = (entries: [string, number[]][], options: Parameters<typeof writeTable>[1] = {}) =>
    writeTable(new Map(entries), options);
  const read = (bytes: Uint8Array) => readTensorflow(bytes, hparams, { at, data: [data] });

  test('reads what it should', () => {
    expect(read(table([meta, wte])).tensors).toMatchObject([
      { name: 'wte.weight', shape: [4, 2], begin: 0, end: 32 },
    ]);
  });

  test.each<[string, Uint8Array, RegExp]>([
    ['blocks that are compressed', table([meta, wte], { type: 1 }), /snappy/],
    ['no table', latin('x'.repeat(100)), /footer/],
    ['an empty file', new Uint8Array(), /footer/],
    ['no header', table([wte]), /no header/],
    ['no shard', table([['', [8, 0]], wte]), /claims 0 data files/],
    ['a million shards', table([['', [8, 192, 132, 61]], wte]), /claims 1000000 data files/],
    ['a tensor in a shard there is not', table([meta, ['model/wte', [...wte[1], 24, 1]]]), /shard 1 of 1/],
    [
      'a tensor in a shard past all',
      table([meta, ['model/wte', [...wte[1], 24, 255, 255, 255, 255, 15]]]),
      /in shard 4294967295/,
    ],
    ['big-endian numbers', table([['', [8, 1, 16, 1]], wte]), /high byte first/],
    ['another type', table([meta, ['model/wte', [8, 2]]]), /type 2/],
    ['a size that lies', table([meta, ['model/wte', [...wte[1].slice(0, -1), 33]]]), /claims 33 bytes/],
    ['an entry that is cut', table([meta, ['model/wte', [18, 200]]]), /ends too early/],
    ['a number without end', table([meta, ['model/wte', new Array(20).fill(255)]]), /does not end|number/],
  ])('refuses %s', (_what, bytes, reason) => {
    const error = refusal(() => read(bytes));
    expect(error.code).toBe('unsupported-format');
    expect(error.message).toMatch(reason);
  });

  test('refuses a tensor past the data, and settings that are none', () => {
    const bytes = table([meta, wte]);
    expect(
      refusal(() => readTensorflow(bytes, hparams, { at, data: [{ ...data, fileBytes: 31 }] })).code,
    ).toBe('integrity');
    for (const bad of [null, 1, {}, { ...hparams, n_embd: -1 }, { ...hparams, n_layer: '12' }])
      expect(refusal(() => readTensorflow(bytes, bad, { at, data: [data] })).code).toBe('config-unsupported');
  });

  test('any damage is an error or stays inside of the file', () => {
    const whole = table([meta, wte, ['model/wpe', wte[1]]], { blockBytes: 1 });
    const edit = fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), fc.nat(whole.length), (edits, cut) => {
        const bytes = whole.slice(0, cut < 20 ? whole.length : cut);
        for (const [place, value] of edits) if (place < bytes.length) bytes[place] = value;
        try {
          for (const { begin, end } of read(bytes).tensors)
            expect(begin >= 0 && end <= data.fileBytes).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(VitrineError);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('damage under right checksums', () => {
  const meta: [string, number[]] = ['', [8, 1]];
  const wte: [string, number[]] = ['model/wte', [8, 1, 18, 8, 18, 2, 8, 4, 18, 2, 8, 2, 40, 32]];
  const readable = (bytes: Uint8Array) => {
    try {
      const { tensors } = readTensorflow(bytes, hparams, { at, data: [data] });
      for (const { begin, end } of tensors) expect(begin >= 0 && end <= data.fileBytes).toBe(true);
    } catch (error) {
      expect(error).toBeInstanceOf(VitrineError);
    }
  };

  test('any change of a block of entries or handles is an error or stays inside of the file', () => {
    const edit = fc.tuple(fc.nat(200), fc.integer({ min: 0, max: 255 }));
    fc.assert(
      fc.property(fc.nat(4), fc.array(edit, { minLength: 1, maxLength: 4 }), (turn, edits) => {
        let block = 0;
        const damage = (bytes: number[]) => {
          if (block++ !== turn) return bytes;
          return bytes.map((byte, i) => edits.find(([place]) => place % bytes.length === i)?.[1] ?? byte);
        };
        readable(writeTable(new Map([meta, wte, ['model/wpe', wte[1]]]), { blockBytes: 1, damage }));
      }),
      { numRuns: 1000 },
    );
  });

  test('any content of an entry is an error or stays inside of the file', () => {
    const content = fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 40 });
    fc.assert(
      fc.property(content, content, (header, entry) => {
        readable(writeTable(new Map([meta, ['model/wte', entry]])));
        readable(writeTable(new Map([['', header], wte])));
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['a block that lists itself', (handle: number[]) => handle.map(() => 0)],
    ['a handle past the file', (handle: number[]) => [0xff, 0xff, 0xff, 0x7f, ...handle.slice(4)]],
  ])('%s', (_what, change) => {
    let block = 0;
    // The last of the blocks is the index; its only entry ends before four bytes of restart and four of their count.
    const damage = (bytes: number[]) => {
      if (block++ !== 2) return bytes;
      const begin = bytes.length - 8 - 4;
      return [...bytes.slice(0, begin), ...change(bytes.slice(begin, -8)), ...bytes.slice(-8)];
    };
    const bytes = writeTable(new Map([meta, wte]), { damage });
    expect(refusal(() => readTensorflow(bytes, hparams, { at, data: [data] })).code).toBe(
      'unsupported-format',
    );
  });
});

describe('pickles of nanoGPT', () => {
  test.each([
    ['a system call', latin('cos\nsystem\n(X\x04\x00\x00\x00ls -tR.')],
    ['a class', latin('ccollections\nOrderedDict\n)R.')],
    ['a thing outside', latin('K\x01Q.')],
    ['no dictionary', latin('K\x01.')],
    ['a vocabulary that is cut', latin('}X\x04\x00\x00\x00stoi}X\x01\x00')],
    [
      'ids that are texts',
      latin('}(X\x04\x00\x00\x00stoi}X\x01\x00\x00\x00aX\x01\x00\x00\x00bsX\x04\x00\x00\x00itos}u.'),
    ],
  ])('refuses %s in meta.pkl', (_what, bytes) => {
    const error = refusal(() => readCharacterVocabulary(bytes, 'meta.pkl'));
    expect(error.code).toBe('unsupported-format');
    expect(error.message).toContain('meta.pkl');
  });

  test('refuses arguments that are no sizes, by name', () => {
    for (const value of [undefined, -1, 1.5, 'many', 2 ** 60]) {
      const args = new Map<string, number | string>([['vocab_size', 4]]);
      if (value !== undefined) args.set('n_layer', value);
      const error = refusal(() => readNanoGpt('ckpt.pt', new Map([['model_args', args]]), [], undefined));
      expect(error).toMatchObject({
        code: 'config-unsupported',
        message: expect.stringContaining('n_layer'),
      });
    }
  });
});

describe('adapters', () => {
  const tensor = (name: string, shape: number[]): [string, TensorInfo] => [
    name,
    { name, dtype: 'F32', shape, file: 'f', begin: 0, end: 0 },
  ];
  const config = parseLoraConfig({ peft_type: 'LORA', r: 2, lora_alpha: 4 });
  const base = new Map([tensor('h.0.attn.c_attn.weight', [4, 12])]);
  const key = 'base_model.model.transformer.h.0.attn.c_attn.lora_';

  test('half a pair, another module, another base and another shape are refused', () => {
    const a = tensor(`${key}A.weight`, [2, 4]);
    const b = tensor(`${key}B.weight`, [12, 2]);
    expect(planLora(config, new Map([a, b]), base).get('h.0.attn.c_attn.weight')?.scale).toBe(2);
    const code = (adapter: [string, TensorInfo][], over = base) =>
      refusal(() => planLora(config, new Map(adapter), over)).code;
    expect(code([a])).toBe('unsupported-format');
    expect(code([])).toBe('unsupported-format');
    expect(code([tensor('base_model.model.lm_head.lora_A.weight', [2, 4])])).toBe('unsupported-format');
    expect(code([a, b], new Map())).toBe('tensor-missing');
    expect(code([a, tensor(`${key}B.weight`, [2, 12])])).toBe('tensor-shape');
  });

  test.each([[0], [-1], ['8'], [2 ** 60], [[8]]])('refuses a rank of %j, by name', (r) => {
    const error = refusal(() => parseLoraConfig({ peft_type: 'LORA', r, lora_alpha: 4 }));
    expect(error.message).toMatch(/\br\b/);
  });

  test('any content of adapter_config.json gives a config or an error', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.dictionary(fc.constantFrom('r', 'bias'), fc.jsonValue())),
        (raw) => {
          const given = typeof raw === 'object' && raw !== null ? { ...raw, peft_type: 'LORA' } : raw;
          try {
            expect(parseLoraConfig(given).rank).toBeGreaterThan(0);
          } catch (error) {
            expect(error).toBeInstanceOf(VitrineError);
          }
        },
      ),
    );
  });
});

test.each([
  ['model.gguf', latin('GGUF\x03\0\0\0'), /GGUF.*safetensors/],
  ['tf_model.h5', latin('\x89HDF\r\n\x1a\n'), /Keras.*safetensors/],
  ['model.onnx', latin('\x08\x07'), /ONNX/],
  ['gpt2.zip', latin('PK\x03\x04'), /zip.*Unpack/],
  ['gpt2.tar', new Uint8Array(512), /tar.*Unpack/],
  [
    'model.safetensors',
    latin('version https://git-lfs.github.com/spec/v1\noid'),
    /LFS pointer.*git lfs pull/,
  ],
  ['model.bin', latin('\n<!DOCTYPE html><html>'), /web page.*download it again/i],
  ['model.bin', new Uint8Array(), /empty/],
])('%s is named for what it is', (name, front, message) => {
  expect(identifyFile(front, name)).toMatch(message);
});

test('checkpoints are not taken for something else', () => {
  expect(identifyFile(latin('PK\x03\x04'), 'pytorch_model.bin')).toBeUndefined();
  expect(identifyFile(latin('\x80\x02'), 'ckpt.pt')).toBeUndefined();
  expect(identifyFile(latin('\x20\0\0\0\0\0\0\0{"wte'), 'model.safetensors')).toBeUndefined();
});
