import { createCipheriv, createHash } from 'node:crypto';
import type { ServedFile } from '../test/support/hub-server.ts';

const [V, P, E] = [50257, 1024, 768] as const;

/** The tensors of a checkpoint of the 124M model's width, masks included, by name and shape. */
function shapes(layers: number): [name: string, shape: number[]][] {
  const table: [string, number[]][] = [
    ['wte.weight', [V, E]],
    ['wpe.weight', [P, E]],
    ['ln_f.weight', [E]],
    ['ln_f.bias', [E]],
  ];
  for (let layer = 0; layer < layers; layer++) {
    const block = {
      'ln_1.weight': [E],
      'ln_1.bias': [E],
      'attn.bias': [1, 1, P, P],
      'attn.c_attn.weight': [E, 3 * E],
      'attn.c_attn.bias': [3 * E],
      'attn.c_proj.weight': [E, E],
      'attn.c_proj.bias': [E],
      'ln_2.weight': [E],
      'ln_2.bias': [E],
      'mlp.c_fc.weight': [E, 4 * E],
      'mlp.c_fc.bias': [4 * E],
      'mlp.c_proj.weight': [4 * E, E],
      'mlp.c_proj.bias': [E],
    };
    for (const [name, shape] of Object.entries(block)) table.push([`h.${layer}.${name}`, shape]);
  }
  return table.sort(([a], [b]) => (a < b ? -1 : 1));
}

/** The model's config.json. */
export function gpt2ShapedConfig(layers = 12): string {
  const sizes = { vocab_size: V, n_positions: P, n_ctx: P, n_embd: E, n_layer: layers, n_head: 12 };
  return JSON.stringify({
    model_type: 'gpt2',
    activation_function: 'gelu_new',
    layer_norm_epsilon: 1e-5,
    ...sizes,
  });
}

/**
 * A file of the 124M model's form and, with all its layers, its size: 548 MB of F32, masks among the tensors, data from
 * byte 14,291 on.
 * The values are a cipher's key stream: reproducible, never stored, and nothing compresses them.
 */
export function gpt2ShapedFile(layers = 12): ServedFile {
  const header: Record<string, object> = { __metadata__: { format: 'pt' } };
  let at = 0;
  for (const [name, shape] of shapes(layers)) {
    const bytes = 4 * shape.reduce((a, b) => a * b, 1);
    header[name] = { dtype: 'F32', shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const text = Buffer.from(JSON.stringify(header).padEnd(14283));
  const start = Buffer.alloc(8);
  start.writeBigUInt64LE(BigInt(text.length));
  const prefix = Buffer.concat([start, text]);
  const bytes = prefix.length + at;
  const read = (begin: number, end: number): Buffer => {
    if (begin >= prefix.length) return keyStream(begin - prefix.length, end - prefix.length);
    const head = prefix.subarray(begin, Math.min(end, prefix.length));
    return end <= prefix.length ? head : Buffer.concat([head, keyStream(0, end - prefix.length)]);
  };
  let digest: string | undefined;
  const sha256 = async () => {
    digest ??= hashOf(bytes, read);
    return digest;
  };
  return { bytes, etag: `gpt2-shaped-${layers}`, read, sha256 };
}

/** Bytes [begin, end) of the key stream. */
export function keyStream(begin: number, end: number): Buffer {
  const first = Math.floor(begin / 16);
  const counter = Buffer.alloc(16);
  counter.writeUInt32BE(first, 12);
  const cipher = createCipheriv('aes-128-ctr', Buffer.alloc(16, 7), counter);
  return cipher.update(Buffer.alloc(end - first * 16)).subarray(begin - first * 16);
}

function hashOf(bytes: number, read: ServedFile['read']): string {
  const hash = createHash('sha256');
  const step = 8 * 1024 * 1024;
  for (let at = 0; at < bytes; at += step) hash.update(read(at, Math.min(at + step, bytes)));
  return hash.digest('hex');
}
