import type { ServedFile } from '../../test/support/hub-server.ts';
import { type Pickled, pickleOf } from '../../test/support/pickle-writer.ts';
import { zipSegments } from '../../test/support/zip-writer.ts';
import { keyStream } from '../gpt2-shape.ts';

const [V, P, E, L] = [50304, 1024, 768, 12] as const;

/** The parameters of nanoGPT's 124M model without biases, as it names them: matrices are [out, in]. */
function parameters(): [name: string, shape: number[]][] {
  const list: [string, number[]][] = [
    ['wte.weight', [V, E]],
    ['wpe.weight', [P, E]],
  ];
  for (let layer = 0; layer < L; layer++) {
    const block = {
      'ln_1.weight': [E],
      'attn.c_attn.weight': [3 * E, E],
      'attn.c_proj.weight': [E, E],
      'ln_2.weight': [E],
      'mlp.c_fc.weight': [4 * E, E],
      'mlp.c_proj.weight': [E, 4 * E],
    };
    for (const [name, shape] of Object.entries(block)) list.push([`h.${layer}.${name}`, shape]);
  }
  return [...list, ['ln_f.weight', [E]]];
}

/** The `ckpt.pt` of a training run with AdamW: 1.5 GB, a third of it weights, made as it is read. */
export function nanoGptFile(): { file: ServedFile; weightBytes: number } {
  const bytes = new Map<string, number>();
  const tensor = (shape: number[]) => {
    const key = String(bytes.size);
    bytes.set(key, 4 * shape.reduce((a, b) => a * b, 1));
    return { key, shape };
  };
  const model: Record<string, Pickled> = {};
  for (const [name, shape] of parameters()) model[`transformer.${name}`] = tensor(shape);
  model['lm_head.weight'] = model['transformer.wte.weight'] as Pickled;
  const weightBytes = [...bytes.values()].reduce((a, b) => a + b, 0);
  const state: Record<string, Pickled> = {};
  // The optimizer has the matrices first, then the norms.
  const ranked = parameters().toSorted((a, b) => b[1].length - a[1].length);
  for (const [index, [, shape]] of ranked.entries())
    state[index] = { step: tensor([1]), exp_avg: tensor(shape), exp_avg_sq: tensor(shape) };
  const args = { n_layer: L, n_head: 12, n_embd: E, block_size: P, bias: false, vocab_size: V, dropout: 0 };
  const root = { model, optimizer: { state }, model_args: args, iter_num: 1000 };
  return { file: archiveOf(pickleOf(root), bytes), weightBytes };
}

/** PyTorch writes the storages in the order of their names as texts: 0, 1, 10, 100, 101, 11, … */
function archiveOf(pickle: Uint8Array, storages: ReadonlyMap<string, number>): ServedFile {
  const data = [...storages].sort(([a], [b]) => (a < b ? -1 : 1));
  const entries = data.map(([key, length]) => ({
    name: `ckpt/data/${key}`,
    bytes: { length },
    // In place of what brings PyTorch's entries to multiples of 64 bytes.
    padding: 30,
  }));
  const segments: (Uint8Array | { length: number })[] = zipSegments([
    { name: 'ckpt/data.pkl', bytes: pickle as Uint8Array | { length: number } },
    ...entries,
  ]);
  const bytes = segments.reduce((sum, { length }) => sum + length, 0);
  const read = (begin: number, end: number): Uint8Array => {
    const part = new Uint8Array(keyStream(begin, end));
    let at = 0;
    for (const segment of segments) {
      const [from, to] = [Math.max(begin, at), Math.min(end, at + segment.length)];
      if (from < to && segment instanceof Uint8Array)
        part.set(segment.subarray(from - at, to - at), from - begin);
      at += segment.length;
    }
    return part;
  };
  return {
    bytes,
    etag: 'nanogpt-124m',
    read,
    sha256: () => Promise.reject(new Error('Nobody is promised the digest of this file.')),
  };
}
