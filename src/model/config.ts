import {
  aliasedSize,
  type ConfigRecord,
  flagOf,
  isRecord,
  keyOf,
  mismatch,
  refuseIfSet,
  show,
  sizeOf,
  unsupported,
} from './config-keys.ts';

/** The hyperparameters of one GPT-2-family model, checked; every field changes the maths or the shapes. */
export interface GPT2Config {
  /** V: rows of wte. */
  vocabSize: number;
  /** Rows of wpe: the longest context. */
  nPositions: number;
  /** E */
  nEmbd: number;
  /** L */
  nLayer: number;
  /** NH */
  nHead: number;
  /** I: width of the MLP, 4E unless the config says otherwise. */
  nInner: number;
  activation: Activation;
  layerNormEpsilon: number;
  /** Divide scores by sqrt(HS). */
  scaleAttnWeights: boolean;
  /** Divide scores by layer + 1 as well. */
  scaleAttnByInverseLayerIdx: boolean;
  /** As the config says; what the checkpoint holds decides in the end. */
  tieWordEmbeddings: boolean;
  /** End-of-text ids that are below vocabSize; empty when there is none. */
  eosTokenIds: number[];
}

/** `gelu_tanh` is gelu_new, gelu_fast and gelu_pytorch_tanh: one formula. */
export type Activation = 'gelu_tanh' | 'gelu_erf' | 'quick_gelu' | 'relu' | 'silu' | 'tanh';

/** The names config.json uses for activations, and what each computes. Others are refused, never guessed. */
const activations: ReadonlyMap<string, Activation> = new Map([
  ['gelu_new', 'gelu_tanh'],
  ['gelu_fast', 'gelu_tanh'],
  ['gelu_accurate', 'gelu_tanh'],
  ['gelu_pytorch_tanh', 'gelu_tanh'],
  ['gelu_python_tanh', 'gelu_tanh'],
  ['gelu', 'gelu_erf'],
  ['gelu_python', 'gelu_erf'],
  ['quick_gelu', 'quick_gelu'],
  ['relu', 'relu'],
  ['silu', 'silu'],
  ['swish', 'silu'],
  ['tanh', 'tanh'],
]);

/**
 * Reads config.json of a GPT-2-family checkpoint. Every key that changes the maths is honoured or refused.
 * What it says about the tensors is compared with them by `describeParameters`.
 *
 * @param raw config.json, parsed
 * @param generation generation_config.json, parsed; where end-of-text ids are looked for first
 * @param tokenizerEos the tokenizer's own end-of-text id, believed before config.json's
 * @throws VitrineError `config-unsupported` or `config-mismatch`, naming the key and its value
 */
export function parseConfig(raw: unknown, generation?: unknown, tokenizerEos?: number): GPT2Config {
  if (!isRecord(raw))
    throw unsupported(`config.json holds ${show(raw)}; it must be an object. Choose a whole checkpoint.`);
  checkArchitecture(raw);
  const vocabSize = sizeOf(raw, 'vocab_size') ?? 50257;
  // As GPT-2 small where a config is silent; the shapes of the tensors must agree.
  const nEmbd = aliasedSize(raw, 'n_embd', 'hidden_size') ?? 768;
  const nHead = aliasedSize(raw, 'n_head', 'num_attention_heads') ?? 12;
  if (nEmbd % nHead !== 0)
    throw mismatch(
      `n_embd is ${nEmbd} and n_head is ${nHead} in config.json; heads must divide it evenly. Correct one of them.`,
    );
  return {
    vocabSize,
    nPositions: aliasedSize(raw, 'n_positions', 'max_position_embeddings') ?? 1024,
    nEmbd,
    nLayer: aliasedSize(raw, 'n_layer', 'num_hidden_layers') ?? 12,
    nHead,
    nInner: keyOf(raw, 'n_inner') === null ? 4 * nEmbd : (sizeOf(raw, 'n_inner') ?? 4 * nEmbd),
    activation: activationOf(raw),
    layerNormEpsilon: epsilonOf(raw),
    scaleAttnWeights: flagOf(raw, 'scale_attn_weights', true),
    scaleAttnByInverseLayerIdx: flagOf(raw, 'scale_attn_by_inverse_layer_idx', false),
    tieWordEmbeddings: flagOf(raw, 'tie_word_embeddings', true),
    eosTokenIds: eosTokenIds([eosOf(generation), tokenizerEos, eosOf(raw), gpt2Eos(vocabSize)], vocabSize),
  };
}

/** Refuses whatever is not GPT-2, or is GPT-2 changed into something else. */
function checkArchitecture(raw: ConfigRecord): void {
  const type = keyOf(raw, 'model_type');
  // Configs written before 2020 have no model_type; the names of the tensors decide then.
  if (type !== undefined && type !== 'gpt2')
    throw unsupported(
      `model_type is ${show(type)} in config.json; Vitrine runs "gpt2". Choose a model of the GPT-2 family.`,
    );
  refuseIfSet(raw, 'quantization_config', 'its weights are quantised. Choose the model as it was before.');
  refuseIfSet(raw, 'add_cross_attention', 'cross-attention is not supported. Choose a plain language model.');
  refuseIfSet(raw, 'is_encoder_decoder', 'only the decoder is supported. Choose a plain language model.');
  refuseIfSet(raw, 'pruned_heads', 'pruned heads are not supported. Choose the model with all its heads.');
  const custom = keyOf(raw, 'auto_map');
  for (const name of isRecord(custom) ? ['AutoModel', 'AutoModelForCausalLM'] : [])
    refuseIfSet(
      custom as ConfigRecord,
      name,
      'the model is defined by code of its own. Choose one that is plain GPT-2.',
    );
}

function activationOf(raw: ConfigRecord): Activation {
  const name = keyOf(raw, 'activation_function');
  if (name === undefined) return 'gelu_tanh';
  const activation = typeof name === 'string' ? activations.get(name) : undefined;
  if (activation) return activation;
  throw unsupported(
    `activation_function is ${show(name)} in config.json; supported are ${[...activations.keys()].join(', ')}. ` +
      'Choose a model with one of these.',
  );
}

function epsilonOf(raw: ConfigRecord): number {
  const value = keyOf(raw, 'layer_norm_epsilon');
  if (value === undefined) return 1e-5;
  if (typeof value === 'number' && value > 0 && value < 1) return value;
  throw unsupported(
    `layer_norm_epsilon is ${show(value)} in config.json; it must be a number between 0 and 1. Correct it there.`,
  );
}

function eosOf(config: unknown): unknown {
  return isRecord(config) ? keyOf(config, 'eos_token_id') : undefined;
}

/** The first source that names ids the vocabulary has; configs of real checkpoints name ids outside it. */
function eosTokenIds(sources: readonly unknown[], vocabSize: number): number[] {
  for (const source of sources) {
    const ids: unknown[] = Array.isArray(source) ? source : [source];
    const valid = ids.filter((id): id is number => Number.isInteger(id) && isBelow(id as number, vocabSize));
    if (valid.length > 0) return [...new Set(valid)];
  }
  return [];
}

/** End of text in GPT-2's own vocabulary, which is known by its size. */
function gpt2Eos(vocabSize: number): number | undefined {
  return vocabSize === 50257 ? 50256 : undefined;
}

function isBelow(id: number, vocabSize: number): boolean {
  return id >= 0 && id < vocabSize;
}

/** Numbers in a model of this config; a tied head counts once. */
export function countParameters(config: GPT2Config, tied = config.tieWordEmbeddings): number {
  const { vocabSize: V, nPositions: P, nEmbd: E, nLayer: L, nInner: I } = config;
  const attention = E * 3 * E + 3 * E + E * E + E;
  const mlp = E * I + I + I * E + E;
  return V * E * (tied ? 1 : 2) + P * E + L * (attention + mlp + 4 * E) + 2 * E;
}
