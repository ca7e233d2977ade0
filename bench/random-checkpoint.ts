import { describeParameters, type GPT2Config, parseConfig } from '../src/model/index.ts';
import type { Checkpoint, TensorInfo, WeightSink } from '../src/weights/index.ts';

/** Shapes of well-known models, filled with random weights: speed does not depend on the values. */
const shapes: Record<string, { n_embd: number; n_head: number; n_layer: number }> = {
  distilgpt2: { n_embd: 768, n_head: 12, n_layer: 6 },
  gpt2: { n_embd: 768, n_head: 12, n_layer: 12 },
  'gpt2-medium': { n_embd: 1024, n_head: 16, n_layer: 24 },
  'gpt2-large': { n_embd: 1280, n_head: 20, n_layer: 36 },
  'gpt2-xl': { n_embd: 1600, n_head: 25, n_layer: 48 },
};

export const shapeNames = Object.keys(shapes);

const pieceBytes = 4 * 2 ** 20;

/** A synthetic checkpoint of this shape; its F32 weights are generated while streaming. */
export function randomCheckpoint(name: string) {
  const shape = shapes[name];
  if (!shape) throw new Error(`No such shape: ${name}. Known: ${shapeNames.join(', ')}.`);
  const config = parseConfig({ model_type: 'gpt2', vocab_size: 50257, n_positions: 1024, ...shape });
  const tensors = tensorsOf(config);
  const checkpoint: Checkpoint = {
    id: `random:${name}`,
    revision: 'random',
    config: {},
    generationConfig: undefined,
    tokenizer: {},
    tensors,
    totalBytes: [...tensors.values()].reduce((sum, { begin, end }) => sum + end - begin, 0),
    stream: (wanted, sink) => streamRandom([...tensors.values()].filter(wanted), sink),
    close: () => {},
  };
  return { checkpoint, config, table: describeParameters(config, tensors) };
}

function tensorsOf({ nEmbd: E, nLayer: L, nInner: I, vocabSize: V, nPositions: P }: GPT2Config) {
  const list: [string, number[]][] = [
    ['wte.weight', [V, E]],
    ['wpe.weight', [P, E]],
    ['ln_f.weight', [E]],
    ['ln_f.bias', [E]],
  ];
  const products = [
    ['attn.c_attn', E, 3 * E],
    ['attn.c_proj', E, E],
    ['mlp.c_fc', E, I],
    ['mlp.c_proj', I, E],
  ] as const;
  for (let layer = 0; layer < L; layer++) {
    for (const norm of [`h.${layer}.ln_1`, `h.${layer}.ln_2`])
      list.push([`${norm}.weight`, [E]], [`${norm}.bias`, [E]]);
    for (const [part, inputs, outputs] of products)
      list.push([`h.${layer}.${part}.weight`, [inputs, outputs]], [`h.${layer}.${part}.bias`, [outputs]]);
  }
  let begin = 0;
  const tensors = new Map<string, TensorInfo>();
  for (const [name, shape] of list) {
    const end = begin + 4 * shape.reduce((left, right) => left * right, 1);
    tensors.set(name, { name, dtype: 'F32', shape, file: 'random', begin, end });
    begin = end;
  }
  return tensors;
}

/** Deterministic weights between -0.035 and 0.035, the spread of GPT-2's; gains around 1. */
async function streamRandom(tensors: readonly TensorInfo[], sink: WeightSink): Promise<void> {
  const numbers = new Float32Array(pieceBytes / 4);
  const bytes = new Uint8Array(numbers.buffer);
  let state = 1;
  for (const tensor of tensors) {
    const centre = /ln_\w+\.weight$/.test(tensor.name) ? 1 : 0;
    for (let at = tensor.begin; at < tensor.end; at += pieceBytes) {
      const count = Math.min(pieceBytes, tensor.end - at) / 4;
      for (let i = 0; i < count; i++) {
        state ^= state << 13;
        state ^= state >>> 17;
        state ^= state << 5;
        numbers[i] = (state / 2 ** 31) * 0.035 + centre;
      }
      await sink.write(tensor, at - tensor.begin, bytes.subarray(0, count * 4));
    }
  }
}
