import { VitrineError } from '../../lib/index.ts';
import type { TensorInfo } from '../types.ts';
import { shown } from './header-json.ts';
import type { PickleValue } from './pickle-machine.ts';
import { asConv1d } from './strided-layout.ts';

/** A nanoGPT checkpoint, converted to config and tensors. */
export interface NanoGpt {
  /** Equivalent of config.json. */
  config: Record<string, unknown>;
  tensors: TensorInfo[];
  notices: string[];
}

/** nanoGPT's GELU: exact since mid 2023, tanh before. Checkpoints do not record which. */
export type NanoGptGelu = 'erf' | 'tanh';

/** True when the checkpoint's other entries are nanoGPT's. */
export function isNanoGpt(entries: ReadonlyMap<PickleValue, PickleValue>): boolean {
  return entries.get('model_args') instanceof Map;
}

/**
 * The config of a nanoGPT checkpoint, and its tensors with Conv1D's shapes: nn.Linear saves [out, in].
 * Throws `config-unsupported` for arguments that are missing or no sizes.
 */
export function readNanoGpt(
  file: string,
  entries: ReadonlyMap<PickleValue, PickleValue>,
  tensors: readonly TensorInfo[],
  gelu: NanoGptGelu | undefined,
): NanoGpt {
  const args = entries.get('model_args');
  const size = (key: string): number => {
    const value = args instanceof Map ? args.get(key) : undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value > 0) return value;
    const found = value === undefined ? 'missing' : shown(String(value));
    throw new VitrineError(
      'config-unsupported',
      `${key} in model_args of ${file} is ${found}; it must be a whole number above 0. Use a checkpoint that nanoGPT wrote.`,
    );
  };
  const vocabSize = size('vocab_size');
  const config = {
    model_type: 'gpt2',
    n_layer: size('n_layer'),
    n_head: size('n_head'),
    n_embd: size('n_embd'),
    n_positions: size('block_size'),
    vocab_size: vocabSize,
    activation_function: gelu === 'tanh' ? 'gelu_new' : 'gelu',
    layer_norm_epsilon: 1e-5,
    tie_word_embeddings: true,
    // GPT-2's vocabulary, which nanoGPT pads to 50304.
    ...(vocabSize >= 50257 && vocabSize <= 50304 ? { eos_token_id: 50256 } : {}),
  };
  const assumed =
    'The checkpoint does not say which GELU it was trained with: the exact one is assumed, as nanoGPT has it since June 2023. Load an older one with nanoGptGelu: "tanh".';
  return { config, tensors: tensors.map(orient), notices: gelu ? [] : [assumed] };
}

const linear = /(^|\.)(attn\.c_attn|attn\.c_proj|mlp\.c_fc|mlp\.c_proj)\.weight$/;

function orient(tensor: TensorInfo): TensorInfo {
  return linear.test(tensor.name) && tensor.shape.length === 2 ? asConv1d(tensor) : tensor;
}
