import { VitrineError } from '../../lib/index.ts';
import type { Dtype, TensorInfo } from '../types.ts';
import { asConv1d } from './strided-layout.ts';

/** int32 values at the front of a checkpoint of llm.c. */
const headerInts = 256;
export const llmcHeaderBytes = headerInts * 4;
const magic = 20240326;
const dtypes: ReadonlyMap<number, [Dtype, valueBytes: number]> = new Map([
  [3, ['F32', 4]],
  [5, ['BF16', 2]],
]);
/** Far above any GPT-2, yet small enough that the product of two is exact. */
const maxSize = 2 ** 24;

/** An llm.c checkpoint, converted to config and tensors. */
export interface LlmcCheckpoint {
  /** Equivalent of config.json. */
  config: Record<string, unknown>;
  tensors: TensorInfo[];
}

/** True when a file starts with the llm.c magic number. */
export function isLlmc(front: Uint8Array): boolean {
  return front.length >= 4 && new DataView(front.buffer, front.byteOffset).getUint32(0, true) === magic;
}

interface Sizes {
  positions: number;
  vocabulary: number;
  layers: number;
  heads: number;
  channels: number;
  padded: number;
}

/**
 * Reads the header of a checkpoint of llm.c: 256 int32, then the tensors without gaps, those of all layers together.
 * The padded rows of the embedding are left out. Throws `unsupported-format`, or `integrity` for a file that was cut.
 */
export function readLlmc(front: Uint8Array, at: { file: string; fileBytes: number }): LlmcCheckpoint {
  if (front.length < llmcHeaderBytes) throw unsupported(at.file, 'its header is cut short');
  const view = new DataView(front.buffer, front.byteOffset, llmcHeaderBytes);
  const version = view.getInt32(4, true);
  const type = dtypes.get(version);
  if (!type)
    throw unsupported(at.file, `its version is ${version}; versions 3 (f32) and 5 (bf16) are supported`);
  const sizes = readSizes(view, at.file);
  const tensors = layOut(sizes, type, at);
  const { positions, vocabulary, layers, heads, channels } = sizes;
  const config = {
    model_type: 'gpt2',
    n_layer: layers,
    n_head: heads,
    n_embd: channels,
    n_positions: positions,
    vocab_size: vocabulary,
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
    tie_word_embeddings: true,
    ...(vocabulary === 50257 ? { eos_token_id: 50256 } : {}),
  };
  return { config, tensors };
}

function readSizes(view: DataView, file: string): Sizes {
  const size = (index: number, name: string): number => {
    const value = view.getInt32(index * 4, true);
    if (value >= 1 && value <= maxSize) return value;
    throw unsupported(file, `its ${name} is ${value}`);
  };
  const sizes = {
    positions: size(2, 'max_seq_len'),
    vocabulary: size(3, 'vocab_size'),
    layers: size(4, 'num_layers'),
    heads: size(5, 'num_heads'),
    channels: size(6, 'channels'),
    padded: size(7, 'padded_vocab_size'),
  };
  if (sizes.layers > 1000) throw unsupported(file, `it claims ${sizes.layers} layers`);
  if (sizes.padded < sizes.vocabulary)
    throw unsupported(
      file,
      `its padded_vocab_size ${sizes.padded} is below its vocab_size ${sizes.vocabulary}`,
    );
  return sizes;
}

/** Names and shapes of a block's tensors, in the order of the file. */
const blockTensors = (C: number): readonly [role: string, shape: number[]][] => [
  ['ln_1.weight', [C]],
  ['ln_1.bias', [C]],
  ['attn.c_attn.weight', [3 * C, C]],
  ['attn.c_attn.bias', [3 * C]],
  ['attn.c_proj.weight', [C, C]],
  ['attn.c_proj.bias', [C]],
  ['ln_2.weight', [C]],
  ['ln_2.bias', [C]],
  ['mlp.c_fc.weight', [4 * C, C]],
  ['mlp.c_fc.bias', [4 * C]],
  ['mlp.c_proj.weight', [C, 4 * C]],
  ['mlp.c_proj.bias', [C]],
];

/** All tensors in the order of the file. The matrices of the blocks are [out, in]. */
function layOut(
  { positions, vocabulary, layers, channels: C, padded }: Sizes,
  [dtype, valueBytes]: [Dtype, number],
  { file, fileBytes }: { file: string; fileBytes: number },
): TensorInfo[] {
  const tensors: TensorInfo[] = [];
  let place = llmcHeaderBytes;
  const put = (name: string, shape: number[], rows = shape[0] ?? 0) => {
    const rowBytes = shape.slice(1).reduce((product, size) => product * size, valueBytes);
    const info = {
      name,
      dtype,
      shape: [rows, ...shape.slice(1)],
      file,
      begin: place,
      end: place + rows * rowBytes,
    };
    tensors.push(info.shape.length === 2 && name.startsWith('h.') ? asConv1d(info) : info);
    place += (shape[0] ?? 0) * rowBytes;
  };
  put('wte.weight', [padded, C], vocabulary);
  put('wpe.weight', [positions, C]);
  for (const [role, shape] of blockTensors(C))
    for (let layer = 0; layer < layers; layer++) put(`h.${layer}.${role}`, shape);
  put('ln_f.weight', [C]);
  put('ln_f.bias', [C]);
  if (place !== fileBytes)
    throw new VitrineError(
      'integrity',
      `${file} is ${fileBytes} bytes, but its header describes ${place}: it was cut short or changed. Download it again.`,
    );
  return tensors;
}

function unsupported(file: string, why: string): VitrineError {
  return new VitrineError(
    'unsupported-format',
    `${file} cannot be read as a checkpoint of llm.c: ${why}. Write it again with llm.c's train_gpt2.py, or convert it to safetensors.`,
  );
}
