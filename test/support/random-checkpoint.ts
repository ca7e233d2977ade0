import { product } from '../../src/lib/index.ts';
import { describeParameters, type GPT2Config } from '../../src/model/index.ts';
import type { TensorInfo } from '../../src/weights/index.ts';
import type { TestCheckpoint } from './checkpoint.ts';
import { randomFloats } from './numbers.ts';

/** Shapes of a checkpoint's tensors by bare name. */
export function checkpointShapes(config: GPT2Config): Map<string, number[]> {
  const { vocabSize: V, nPositions: P, nEmbd: E, nInner: I, nLayer } = config;
  const shapes = new Map<string, number[]>([
    ['wte.weight', [V, E]],
    ['wpe.weight', [P, E]],
    ['ln_f.weight', [E]],
    ['ln_f.bias', [E]],
  ]);
  if (!config.tieWordEmbeddings) shapes.set('lm_head.weight', [V, E]);
  for (let layer = 0; layer < nLayer; layer++) {
    const put = (name: string, ...shape: number[]) => shapes.set(`h.${layer}.${name}`, shape);
    for (const norm of ['ln_1', 'ln_2']) {
      put(`${norm}.weight`, E);
      put(`${norm}.bias`, E);
    }
    for (const [name, inputs, outputs] of [
      ['attn.c_attn', E, 3 * E],
      ['attn.c_proj', E, E],
      ['mlp.c_fc', E, I],
      ['mlp.c_proj', I, E],
    ] as const) {
      put(`${name}.weight`, inputs, outputs);
      put(`${name}.bias`, outputs);
    }
  }
  return shapes;
}

/** A model of random F32 weights, of a size that keeps activations near 1 whatever the shape. */
export function randomCheckpoint(config: GPT2Config, seed = 1): TestCheckpoint {
  const tensors = new Map<string, TensorInfo>();
  const values = new Map<string, Float32Array<ArrayBuffer>>();
  let begin = 0;
  for (const [name, shape] of checkpointShapes(config)) {
    const norm = /ln_\w+\.weight$/.test(name);
    const scale = shape.length === 2 && name.startsWith('h.') ? 2 / Math.sqrt(shape[0] as number) : 0.3;
    const length = product(shape);
    values.set(name, Float32Array.from(randomFloats(seed++, length, scale, norm ? 1 : 0)));
    tensors.set(name, { name, dtype: 'F32', shape, file: 'random', begin, end: begin + 4 * length });
    begin += 4 * length;
  }
  const table = describeParameters(config, tensors);
  const of = ({ name }: TensorInfo) => values.get(name) as Float32Array<ArrayBuffer>;
  const weights = new Map(
    table.parameters.map(({ role, layer, tensor }) => [
      layer === undefined ? role : `h.${layer}.${role}`,
      of(tensor),
    ]),
  );
  return { config, table, tensors, weights, bytes: (tensor) => new Uint8Array(of(tensor).buffer) };
}
