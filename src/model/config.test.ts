import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VitrineError } from '../lib/index.ts';
import { countParameters, parseConfig } from './config.ts';

const small = { model_type: 'gpt2', vocab_size: 100, n_positions: 32, n_embd: 12, n_head: 3, n_layer: 2 };

function refusal(changes: object): VitrineError {
  try {
    parseConfig({ ...small, ...changes });
  } catch (error) {
    if (error instanceof VitrineError) return error;
    throw error;
  }
  throw new Error(`${JSON.stringify(changes)} was accepted`);
}

describe('parseConfig', () => {
  it('fills in what GPT-2 means when a key is absent', () => {
    expect(parseConfig(small)).toEqual({
      vocabSize: 100,
      nPositions: 32,
      nEmbd: 12,
      nLayer: 2,
      nHead: 3,
      nInner: 48,
      activation: 'gelu_tanh',
      layerNormEpsilon: 1e-5,
      scaleAttnWeights: true,
      scaleAttnByInverseLayerIdx: false,
      tieWordEmbeddings: true,
      eosTokenIds: [],
    });
    const sizes = { model_type: 'gpt2', n_embd: 12, n_head: 3, n_layer: 2 };
    expect(parseConfig(sizes)).toMatchObject({ vocabSize: 50257, nPositions: 1024 });
  });

  it('honours every key that changes the maths', () => {
    const config = parseConfig({
      ...small,
      n_inner: 37,
      activation_function: 'gelu',
      layer_norm_epsilon: 1e-6,
      scale_attn_weights: false,
      scale_attn_by_inverse_layer_idx: true,
      tie_word_embeddings: false,
      reorder_and_upcast_attn: true,
    });
    expect(config).toMatchObject({
      nInner: 37,
      activation: 'gelu_erf',
      layerNormEpsilon: 1e-6,
      scaleAttnWeights: false,
      scaleAttnByInverseLayerIdx: true,
      tieWordEmbeddings: false,
    });
  });

  it.each([
    ['gelu_new', 'gelu_tanh'],
    ['gelu_fast', 'gelu_tanh'],
    ['gelu_pytorch_tanh', 'gelu_tanh'],
    ['gelu', 'gelu_erf'],
    ['quick_gelu', 'quick_gelu'],
    ['relu', 'relu'],
    ['silu', 'silu'],
    ['swish', 'silu'],
    ['tanh', 'tanh'],
  ])('activation %s is %s', (activation_function, activation) => {
    expect(parseConfig({ ...small, activation_function }).activation).toBe(activation);
  });

  it('reads sizes by their aliases, and ignores decoys and legacy echoes', () => {
    const aliases = {
      model_type: 'gpt2',
      vocab_size: 100,
      max_position_embeddings: 16,
      hidden_size: 20,
      num_attention_heads: 5,
      num_hidden_layers: 3,
      ...{ n_ctx: 8, hidden_act: 'relu', intermediate_size: 99, attention_probs_dropout_prob: 0.1 },
    };
    expect(parseConfig(aliases)).toMatchObject({
      nPositions: 16,
      nEmbd: 20,
      nHead: 5,
      nLayer: 3,
      nInner: 80,
      activation: 'gelu_tanh',
    });
  });

  it.each([
    [{ model_type: 'gpt_neo' }, 'config-unsupported', 'model_type', 'gpt_neo'],
    [{ model_type: null }, 'config-unsupported', 'model_type', 'null'],
    [{ activation_function: 'mish' }, 'config-unsupported', 'activation_function', 'mish'],
    [{ activation_function: null }, 'config-unsupported', 'activation_function', 'null'],
    [{ add_cross_attention: true }, 'config-unsupported', 'add_cross_attention', 'true'],
    [{ quantization_config: { quant_method: 'gptq' } }, 'config-unsupported', 'quantization_config', 'gptq'],
    [{ pruned_heads: { 0: [1] } }, 'config-unsupported', 'pruned_heads', '[1]'],
    [{ auto_map: { AutoModelForCausalLM: 'm.Model' } }, 'config-unsupported', 'AutoModelForCausalLM', 'm.Mo'],
    [{ n_head: 5 }, 'config-mismatch', 'n_head', '5'],
    [{ n_head: undefined, n_embd: 20 }, 'config-mismatch', 'n_head', '12'],
    [{ n_embd: 12.5 }, 'config-unsupported', 'n_embd', '12.5'],
    [{ n_layer: 0 }, 'config-unsupported', 'n_layer', '0'],
    [{ n_layer: '2' }, 'config-unsupported', 'n_layer', '"2"'],
    [{ n_positions: 1e12 }, 'config-unsupported', 'n_positions', '1000000000000'],
    [{ hidden_size: 24 }, 'config-mismatch', 'hidden_size', '24'],
    [{ n_inner: -1 }, 'config-unsupported', 'n_inner', '-1'],
    [{ layer_norm_epsilon: 0 }, 'config-unsupported', 'layer_norm_epsilon', '0'],
    [{ layer_norm_epsilon: '1e-5' }, 'config-unsupported', 'layer_norm_epsilon', '"1e-5"'],
    [{ scale_attn_weights: 1 }, 'config-unsupported', 'scale_attn_weights', '1'],
    [{ tie_word_embeddings: null }, 'config-unsupported', 'tie_word_embeddings', 'null'],
  ])('refuses %j', (changes, code, key, value) => {
    const error = refusal(changes);
    expect(error.code).toBe(code);
    expect(error.message).toContain(key);
    expect(error.message).toContain(value);
  });

  it.each([[null], [[]], ['gpt2'], [7], [undefined]])('refuses %j as a whole', (raw) => {
    expect(() => parseConfig(raw)).toThrow(VitrineError);
  });

  it('takes keys from the object itself, not from its prototype', () => {
    const raw = JSON.parse(
      `{"model_type":"gpt2","n_embd":12,"n_head":3,"n_layer":2,"__proto__":{"n_inner":5}}`,
    );
    expect(parseConfig(raw).nInner).toBe(48);
    expect(parseConfig(Object.create(small)).nEmbd).toBe(768);
  });

  it('believes the first source of end-of-text ids that the vocabulary has', () => {
    const eos = (config: unknown, generation?: unknown, tokenizer?: number) =>
      parseConfig(
        { ...small, eos_token_id: config },
        generation === undefined ? undefined : { eos_token_id: generation },
        tokenizer,
      ).eosTokenIds;
    expect(eos(99)).toEqual([99]);
    expect(eos(100)).toEqual([]);
    expect(eos(50256, 0)).toEqual([0]);
    expect(eos(7, [50256, 3, 3, 4])).toEqual([3, 4]);
    expect(eos(7, [50256], 5)).toEqual([5]);
    expect(eos(7, null, 200)).toEqual([7]);
    expect(eos(null)).toEqual([]);
    expect(eos('99')).toEqual([]);
    expect(eos([-1, 1.5, 2])).toEqual([2]);
    expect(parseConfig({ ...small, vocab_size: 50257 }).eosTokenIds).toEqual([50256]);
  });

  it('takes GPT-2 small for what a config of 2019 leaves out', () => {
    const config = parseConfig({ vocab_size: 100, n_ctx: 1024 });
    expect(config).toMatchObject({
      nEmbd: 768,
      nHead: 12,
      nLayer: 12,
      nPositions: 1024,
      activation: 'gelu_tanh',
    });
  });

  it('never throws anything but its own errors, and never gives a config that contradicts itself', () => {
    const keys = [
      ...['model_type', 'vocab_size', 'n_positions', 'n_embd', 'n_head', 'n_layer', 'n_inner'],
      ...['hidden_size', 'num_attention_heads', 'num_hidden_layers', 'max_position_embeddings'],
      ...['activation_function', 'layer_norm_epsilon', 'scale_attn_weights', 'tie_word_embeddings'],
      ...['scale_attn_by_inverse_layer_idx', 'eos_token_id', 'auto_map', 'pruned_heads'],
    ];
    const value = fc.oneof(fc.integer({ min: -2, max: 64 }), fc.boolean(), fc.double(), fc.anything());
    const mutation = fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: 4 });
    fc.assert(
      fc.property(mutation, fc.anything(), (changes, generation) => {
        let config: ReturnType<typeof parseConfig>;
        try {
          config = parseConfig({ ...small, ...changes }, generation);
        } catch (error) {
          expect(error).toBeInstanceOf(VitrineError);
          return;
        }
        expect(config.nEmbd % config.nHead).toBe(0);
        for (const size of [config.vocabSize, config.nPositions, config.nLayer, config.nInner])
          expect(Number.isInteger(size) && size > 0).toBe(true);
        expect(config.eosTokenIds.every((id) => id >= 0 && id < config.vocabSize)).toBe(true);
        expect(config.layerNormEpsilon).toBeGreaterThan(0);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('countParameters', () => {
  it('counts GPT-2 small', () => {
    const config = parseConfig({ model_type: 'gpt2', n_embd: 768, n_head: 12, n_layer: 12 });
    expect(countParameters(config)).toBe(124_439_808);
    expect(countParameters(config, false)).toBe(124_439_808 + 50257 * 768);
  });
});
