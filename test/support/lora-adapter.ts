import { writeSafetensors } from './safetensors-writer.ts';

export const loraRank = 2;
/** Matrices that the test adapter changes. */
export const loraTarget = /h\.\d\.(attn\.c_attn|mlp\.c_proj)\.weight/;

/** Both halves of the update of one matrix: a is [rank, inputs], b is [outputs, rank]. */
export interface LoraHalves {
  name: string;
  inputs: number;
  outputs: number;
  a: Float32Array<ArrayBuffer>;
  b: Float32Array<ArrayBuffer>;
}

/** Updates for matrices [inputs, outputs], by name. */
export function drawHalves(
  targets: readonly (readonly [string, { shape: readonly number[] }])[],
): LoraHalves[] {
  const draw = (seed: number, count: number) =>
    Float32Array.from({ length: count }, (_, i) => Math.sin(seed * 100 + i * 1.7) * 0.3);
  return targets.map(([name, { shape }], seed) => {
    const [inputs = 0, outputs = 0] = shape;
    return {
      name,
      inputs,
      outputs,
      a: draw(seed, loraRank * inputs),
      b: draw(seed + 50, outputs * loraRank),
    };
  });
}

/** adapter_model.safetensors as PEFT writes it. */
export function writeAdapter(halves: readonly LoraHalves[]): Uint8Array<ArrayBuffer> {
  return writeSafetensors(
    halves.flatMap(({ name, inputs, outputs, a, b }) => {
      const key = `base_model.model.transformer.${name.replace('.weight', '')}`;
      const data = (values: Float32Array<ArrayBuffer>) => new Uint8Array(values.buffer);
      return [
        { name: `${key}.lora_A.weight`, dtype: 'F32' as const, shape: [loraRank, inputs], data: data(a) },
        { name: `${key}.lora_B.weight`, dtype: 'F32' as const, shape: [outputs, loraRank], data: data(b) },
      ];
    }),
  );
}
