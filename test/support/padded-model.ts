import type { WrittenTensor } from './safetensors-writer.ts';
import { writeSafetensors } from './safetensors-writer.ts';

export const paddedRows = 14;
export const letterCount = 26;
const vocabSize = letterCount + paddedRows;
const width = 8;
const positions = 64;

/**
 * Files of a model whose embedding has more rows than the tokenizer has tokens (26 letters). Logits of letters are
 * near -60, those of the rows of padding are 0: the model would write nothing but padding.
 */
export function paddedModelFiles(): File[] {
  const config = {
    ...{ model_type: 'gpt2', vocab_size: vocabSize, n_positions: positions },
    ...{ n_embd: width, n_layer: 1, n_head: 2 },
  };
  const letters = Object.fromEntries(
    Array.from({ length: letterCount }, (_, id) => [String.fromCharCode(97 + id), id]),
  );
  return [
    new File([JSON.stringify(config)], 'config.json'),
    new File([JSON.stringify(letters)], 'vocab.json'),
    new File(['#version: 0.2\n'], 'merges.txt'),
    new File([writeSafetensors(weights())], 'model.safetensors'),
  ];
}

function weights(): WrittenTensor[] {
  let seed = 1;
  const random = (scale: number) => (_: unknown, at: number) => Math.sin(seed * 91.7 + at * 12.9898) * scale;
  const tensor = (name: string, shape: number[], value: (_: unknown, at: number) => number) => {
    seed++;
    const length = shape.reduce((product, size) => product * size, 1);
    const data = new Uint8Array(Float32Array.from({ length }, value).buffer);
    return { name, dtype: 'F32' as const, shape, data };
  };
  // The final norm puts -60 on the first channel, which is 1 for letters and 0 for padding.
  const row = (_: unknown, at: number) => {
    if (at >= letterCount * width) return 0;
    return at % width === 0 ? 1 : random(1)(_, at);
  };
  const linear = (name: string, inputs: number, outputs: number) => [
    tensor(`${name}.weight`, [inputs, outputs], random(0.5)),
    tensor(`${name}.bias`, [outputs], random(0.1)),
  ];
  const norm = (name: string) => [
    tensor(`${name}.weight`, [width], () => 1),
    tensor(`${name}.bias`, [width], () => 0),
  ];
  return [
    tensor('wte.weight', [vocabSize, width], row),
    tensor('wpe.weight', [positions, width], random(0.5)),
    ...norm('h.0.ln_1'),
    ...linear('h.0.attn.c_attn', width, 3 * width),
    ...linear('h.0.attn.c_proj', width, width),
    ...norm('h.0.ln_2'),
    ...linear('h.0.mlp.c_fc', width, 4 * width),
    ...linear('h.0.mlp.c_proj', 4 * width, width),
    tensor('ln_f.weight', [width], (_, channel) => (channel === 0 ? 0 : 1)),
    tensor('ln_f.bias', [width], (_, channel) => (channel === 0 ? -60 : 0)),
  ];
}
