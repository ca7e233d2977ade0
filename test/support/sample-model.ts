import { createHash } from 'node:crypto';

export interface SampleModel {
  /** Path to content, as a server takes them. */
  files: Record<string, string | Uint8Array>;
  weights: Uint8Array<ArrayBuffer>;
  sha256: string;
}

/**
 * A checkpoint that is right in form, of about `bytes` bytes: random values, an odd data start, a mask that is not
 * wanted, and tensors whose order in the file is not that of the layers.
 */
export function sampleModel(bytes: number, seed = 1): SampleModel {
  const floats = Math.floor(bytes / 4) - 64;
  const mask = Math.floor(floats / 10);
  const rest = floats - mask;
  const sizes: [string, number][] = [
    ['h.1.attn.c_attn.weight', Math.floor(rest / 3)],
    ['h.0.attn.bias', mask],
    ['h.0.ln_1.weight', 7],
    ['h.0.ln_1.bias', 7],
    ['wte.weight', rest - Math.floor(rest / 3) - 14],
  ];
  const header: Record<string, unknown> = { __metadata__: { format: 'pt' } };
  let at = 0;
  for (const [name, count] of sizes) {
    header[name] = { dtype: 'F32', shape: [count], data_offsets: [at, at + count * 4] };
    at += count * 4;
  }
  let text = JSON.stringify(header);
  while ((8 + text.length) % 4 !== 3) text += ' ';
  const weights = new Uint8Array(8 + text.length + at);
  new DataView(weights.buffer).setBigUint64(0, BigInt(text.length), true);
  weights.set(new TextEncoder().encode(text), 8);
  fillRandom(weights.subarray(8 + text.length), seed);
  const files = {
    'config.json': JSON.stringify({ model_type: 'gpt2', n_layer: 2, n_embd: 7, n_head: 1, vocab_size: 3 }),
    'vocab.json': JSON.stringify({ a: 0, b: 1, ab: 2 }),
    'merges.txt': '#version: 0.2\na b\n',
    'model.safetensors': weights,
  };
  return { files, weights, sha256: createHash('sha256').update(weights).digest('hex') };
}

/** Reproducible bytes that do not compress. */
export function fillRandom(bytes: Uint8Array, seed: number): void {
  let state = (seed * 2654435761) >>> 0 || 1;
  for (let i = 0; i < bytes.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    bytes[i] = state;
  }
}
