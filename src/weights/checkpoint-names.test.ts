import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { VitrineError } from '../lib/index.ts';
import { addMissingBiases, dropSharedHead, isZeros, stripWrapperPrefix } from './checkpoint-names.ts';
import { asConv1d } from './formats/strided-layout.ts';
import type { TensorInfo } from './types.ts';

const names = ['wte.weight', 'wpe.weight', 'h.0.ln_1.weight', 'h.0.attn.c_attn.weight', 'ln_f.weight'];

function checkpoint(of: readonly string[], shape: number[] = [4, 12]): Map<string, TensorInfo> {
  return new Map(
    of.map((name, i) => [name, { name, dtype: 'F32', shape, file: 'f', begin: i * 192, end: (i + 1) * 192 }]),
  );
}

describe('wrapper prefixes', () => {
  test.each(['_orig_mod.', 'module.', '_module.', 'model.', 'model._orig_mod.', 'gpt.inner.'])(
    '%s is stripped, before transformer. and before the head',
    (prefix) => {
      const inner = [...names.map((name) => `transformer.${name}`), 'lm_head.weight'];
      const { tensors, notices } = stripWrapperPrefix(checkpoint(inner.map((name) => prefix + name)));
      expect([...tensors.keys()]).toEqual(inner);
      expect([...tensors.values()].map(({ name }) => name)).toEqual(inner);
      expect(notices).toHaveLength(1);
    },
  );

  test('in place of transformer., and in the middle', () => {
    expect([...stripWrapperPrefix(checkpoint(names.map((name) => `module.${name}`))).tensors.keys()]).toEqual(
      names,
    );
    const middle = names.map((name) => `transformer._orig_mod.${name}`);
    const { tensors, strippedPrefix } = stripWrapperPrefix(checkpoint(middle));
    expect([...tensors.keys()]).toEqual(names.map((name) => `transformer.${name}`));
    expect(strippedPrefix).toBe('_orig_mod.');
  });

  test('plain names stay as they are, and so do those of two models', () => {
    for (const given of [
      names,
      names.map((name) => `transformer.${name}`),
      names.flatMap((n) => [`a.${n}`, `b.${n}`]),
    ]) {
      const named = stripWrapperPrefix(checkpoint(given));
      expect([...named.tensors.keys()]).toEqual(given);
      expect(named.notices).toEqual([]);
    }
  });

  test('two tensors of one name are refused', () => {
    const given = checkpoint([...names.map((name) => `module.${name}`), 'v_head', 'module.v_head']);
    expect(() => stripWrapperPrefix(given)).toThrow(VitrineError);
  });

  test('no tensor is lost, whatever the names are', () => {
    const part = fc.constantFrom('h.0.', 'wte.', 'module.', '_orig_mod.', 'transformer.', 'ln_f.', 'x.', '');
    const name = fc.array(part, { maxLength: 5 }).map((parts) => `${parts.join('')}weight`);
    fc.assert(
      fc.property(fc.uniqueArray(name, { maxLength: 8 }), (given) => {
        try {
          expect(stripWrapperPrefix(checkpoint(given)).tensors.size).toBe(given.length);
        } catch (error) {
          expect(error).toBeInstanceOf(VitrineError);
        }
      }),
    );
  });
});

describe('what is not stored', () => {
  test('a model without biases gets zeros, of the width of the outputs', () => {
    const { tensors, notices } = addMissingBiases(
      stripWrapperPrefix(checkpoint([...names, 'h.0.attn.bias'])),
    );
    expect(tensors.get('h.0.attn.c_attn.bias')).toMatchObject({ shape: [12] });
    expect([...tensors.values()].filter(isZeros).map(({ name }) => name)).toEqual([
      'h.0.ln_1.bias',
      'h.0.attn.c_attn.bias',
      'ln_f.bias',
    ]);
    expect(notices).toHaveLength(1);
  });

  test('a model that lacks one bias stays as it is', () => {
    const named = addMissingBiases(stripWrapperPrefix(checkpoint([...names, 'ln_f.bias'])));
    expect([...named.tensors.values()].some(isZeros)).toBe(false);
  });

  test('a head that is the storage of the embedding is left out, unless the two are said to be apart', () => {
    const tensors = checkpoint(names);
    const wte = tensors.get('wte.weight') as TensorInfo;
    tensors.set('lm_head.weight', { ...wte, name: 'lm_head.weight' });
    const named = stripWrapperPrefix(tensors);
    expect(dropSharedHead(named, {}).tensors.has('lm_head.weight')).toBe(false);
    expect(dropSharedHead(named, { tie_word_embeddings: false }).tensors.has('lm_head.weight')).toBe(true);
    tensors.set('lm_head.weight', { ...wte, name: 'lm_head.weight', begin: 8 });
    expect(dropSharedHead(stripWrapperPrefix(tensors), {}).tensors.has('lm_head.weight')).toBe(true);
  });
});

test('a Linear matrix has the shape of a Conv1D one and arrives transposed', () => {
  const tensor: TensorInfo = { name: 'w', dtype: 'F32', shape: [12, 4], file: 'f', begin: 0, end: 192 };
  expect(asConv1d(tensor)).toMatchObject({ shape: [4, 12], transposed: true });
  expect(asConv1d(asConv1d(tensor))).toMatchObject({ shape: [12, 4], transposed: false });
});
