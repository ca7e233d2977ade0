import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { product, VitrineError } from '../lib/index.ts';
import type { Dtype, TensorInfo } from '../weights/index.ts';
import { countParameters, parseConfig } from './config.ts';
import { describeParameters } from './parameters.ts';

const raw = {
  model_type: 'gpt2',
  vocab_size: 11,
  n_positions: 8,
  n_embd: 6,
  n_head: 2,
  n_layer: 2,
  n_inner: 7,
};
const config = parseConfig(raw);
const untied = { ...config, tieWordEmbeddings: false };

function checkpoint(prefix = '', extra: Record<string, [Dtype, number[]]> = {}): Map<string, TensorInfo> {
  const shapes: Record<string, [Dtype, number[]]> = {};
  const put = (name: string, ...shape: number[]) => {
    shapes[prefix + name] = ['F32', shape];
  };
  put('wte.weight', 11, 6);
  put('wpe.weight', 8, 6);
  for (const h of ['h.0', 'h.1']) {
    for (const norm of ['ln_1', 'ln_2']) {
      put(`${h}.${norm}.weight`, 6);
      put(`${h}.${norm}.bias`, 6);
    }
    for (const [name, inputs, outputs] of [
      ['attn.c_attn', 6, 18],
      ['attn.c_proj', 6, 6],
      ['mlp.c_fc', 6, 7],
      ['mlp.c_proj', 7, 6],
    ] as const) {
      put(`${h}.${name}.weight`, inputs, outputs);
      put(`${h}.${name}.bias`, outputs);
    }
  }
  put('ln_f.weight', 6);
  put('ln_f.bias', 6);
  const tensors = new Map<string, TensorInfo>();
  for (const [name, [dtype, shape]] of Object.entries({ ...shapes, ...extra }))
    tensors.set(name, { name, dtype, shape, file: 'model.safetensors', begin: 0, end: 0 });
  return tensors;
}

function code(run: () => unknown): { code: string; message: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof VitrineError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('describeParameters', () => {
  it.each(['', 'transformer.'])('finds every tensor under names that begin with "%s"', (prefix) => {
    const table = describeParameters(config, checkpoint(prefix));
    expect(table).toMatchObject({ tied: true, maybeTied: false, notices: [] });
    expect(table.parameters).toHaveLength(4 + 2 * 12);
    const numbers = table.parameters.reduce((sum, { shape }) => sum + product(shape), 0);
    expect(numbers).toBe(countParameters(config));
    const fc0 = table.parameters.find(({ role, layer }) => role === 'mlp.c_fc.weight' && layer === 0);
    expect(fc0).toMatchObject({
      shape: [6, 7],
      orientation: 'in-out',
      tensor: { name: `${prefix}h.0.mlp.c_fc.weight` },
    });
  });

  it('skips masks of any dtype, but not c_attn.bias', () => {
    const masks = Object.fromEntries(
      (['F32', 'F16', 'U8', 'BOOL'] as const).flatMap((dtype, index) => [
        [`h.${index % 2}.attn.${index < 2 ? 'bias' : 'masked_bias'}`, [dtype, [1, 1, 8, 8]]],
      ]),
    );
    const table = describeParameters(config, checkpoint('', masks as Record<string, [Dtype, number[]]>));
    expect(table.notices).toEqual([]);
    expect(table.parameters.filter(({ role }) => role === 'attn.c_attn.bias')).toHaveLength(2);
  });

  it('names tensors it does not know in a notice', () => {
    const table = describeParameters(config, checkpoint('', { 'v_head.summary.weight': ['I64', [3]] }));
    expect(table.notices.join()).toContain('v_head.summary.weight');
  });

  it('decides the head by config and checkpoint', () => {
    const stored = checkpoint('', { 'lm_head.weight': ['F32', [11, 6]] });
    expect(describeParameters(config, stored)).toMatchObject({ tied: false, maybeTied: true });
    expect(describeParameters(untied, stored)).toMatchObject({ tied: false, maybeTied: false });
    expect(code(() => describeParameters(untied, checkpoint()))).toMatchObject({
      code: 'tensor-missing',
      message: expect.stringContaining('lm_head.weight'),
    });
    stored.delete('wte.weight');
    const swapped = describeParameters(config, stored);
    expect(swapped.tied).toBe(true);
    expect(swapped.parameters[0]).toMatchObject({ role: 'wte', tensor: { name: 'lm_head.weight' } });
    expect(swapped.notices).toHaveLength(1);
    stored.delete('lm_head.weight');
    expect(code(() => describeParameters(config, stored)).code).toBe('tensor-missing');
  });

  it('refuses a mix of naming styles, wrong shapes, dtypes and layers', () => {
    const mixed = checkpoint('', { 'transformer.wte.weight': ['F32', [11, 6]] });
    expect(code(() => describeParameters(config, mixed)).code).toBe('unsupported-format');
    const transposed = checkpoint('', { 'h.1.attn.c_attn.weight': ['F32', [18, 6]] });
    const error = code(() => describeParameters(config, transposed));
    expect(error.code).toBe('tensor-shape');
    for (const part of ['h.1.attn.c_attn.weight', '[18, 6]', '[6, 18]'])
      expect(error.message).toContain(part);
    const quantised = checkpoint('', { 'wpe.weight': ['I8', [8, 6]] });
    expect(code(() => describeParameters(config, quantised))).toMatchObject({
      code: 'unsupported-format',
      message: expect.stringContaining('wpe.weight is I8'),
    });
    const deeper = checkpoint('', { 'h.2.ln_1.weight': ['F32', [6]] });
    expect(code(() => describeParameters(config, deeper)).code).toBe('config-mismatch');
  });

  it('names whichever tensor is missing', () => {
    for (const name of checkpoint('transformer.').keys()) {
      const tensors = checkpoint('transformer.');
      tensors.delete(name);
      const error = code(() => describeParameters(config, tensors));
      expect(error.code).toBe('tensor-missing');
      expect(error.message).toContain(name);
    }
  });

  it('meets configs that do not fit the checkpoint with an error of its own', () => {
    const key = fc.constantFrom('vocab_size', 'n_positions', 'n_embd', 'n_head', 'n_layer', 'n_inner');
    const tensors = checkpoint();
    fc.assert(
      fc.property(fc.dictionary(key, fc.integer({ min: 1, max: 30 })), (changes) => {
        const same =
          JSON.stringify({ ...raw, ...changes, n_head: 0 }) === JSON.stringify({ ...raw, n_head: 0 });
        try {
          describeParameters(parseConfig({ ...raw, ...changes }), tensors);
          expect(same).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(VitrineError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('meets damaged checkpoints with an error of its own, or finds every tensor as it must be', () => {
    const names = [...checkpoint().keys()];
    const damage = fc.record(
      {
        name: fc.constantFrom(...names, 'lm_head.weight', 'h.0.attn.bias', 'transformer.ln_f.bias'),
        dtype: fc.constantFrom<Dtype>('F32', 'F16', 'BF16', 'U8', 'I64', 'F8_E4M3'),
        shape: fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 4 }),
        lost: fc.boolean(),
      },
      { requiredKeys: ['name'] },
    );
    fc.assert(
      fc.property(fc.array(damage, { maxLength: 3 }), fc.boolean(), (damages, tied) => {
        const tensors = checkpoint();
        for (const { name, lost, ...changes } of damages) {
          const whole = { dtype: 'F32', shape: [6], file: '', begin: 0, end: 0 } as const;
          if (lost) tensors.delete(name);
          else tensors.set(name, { ...whole, ...tensors.get(name), ...changes, name });
        }
        try {
          const { parameters } = describeParameters(tied ? config : untied, tensors);
          for (const { tensor, shape } of parameters) {
            expect(tensor.shape).toEqual(shape);
            expect(['F32', 'F16', 'BF16']).toContain(tensor.dtype);
          }
        } catch (error) {
          if (!(error instanceof VitrineError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });
});
