import { describe, expect, it } from 'vitest';
import { createRuntime } from '../src/engine/index.ts';
import { describeParameters, parseConfig } from '../src/model/index.ts';
import { openCheckpoint } from '../src/weights/index.ts';
import { loadOn } from './support/gpu.ts';
import { modelFiles } from './support/model-files.ts';

const ids = [3, 1, 4, 1, 5, 9, 2, 6, 5, 3];

async function logitsOf(names: readonly string[], backend: 'gpu' | 'cpu'): Promise<Float32Array> {
  const files = await modelFiles('test/golden/published', names);
  const checkpoint = await openCheckpoint(files, { cache: false, nanoGptGelu: 'tanh' });
  const config = parseConfig(checkpoint.config, checkpoint.generationConfig);
  const table = describeParameters(config, checkpoint.tensors);
  const { runtime } = await createRuntime(
    { checkpoint, config, table },
    { ...(await loadOn(backend)), dtype: 'f32' },
  );
  checkpoint.close();
  try {
    await runtime.prefill(0, 0, ids);
    return await runtime.logits(0);
  } finally {
    runtime.dispose();
  }
}

describe('matrices that come transposed are turned on the GPU', () => {
  it.each([
    ['nanoGPT', ['ckpt.pt']],
    [
      'PyTorch shards of views',
      [
        'config.json',
        'pytorch_model.bin.index.json',
        'pytorch_model-00001-of-00002.bin',
        'pytorch_model-00002-of-00002.bin',
      ],
    ],
  ])('%s', async (_what, names) => {
    const expected = await logitsOf(['config.json', 'model.safetensors'], 'cpu');
    const actual = await logitsOf(names, 'gpu');
    expect(actual.length).toBe(expected.length);
    for (const [id, value] of expected.entries())
      expect(Math.abs((actual[id] ?? 0) - value)).toBeLessThan(1e-3);
  });
});
