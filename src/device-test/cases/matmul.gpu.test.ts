import { expect, test } from 'vitest';
import { testGpu } from '../../../test/support/gpu.ts';
import { testOperation } from '../../../test/support/operations.ts';
import { matmulOperation } from './matmul.ts';

testOperation(matmulOperation);

test.each(['shader-f16', 'subgroups'] as const)(
  'a device without %s refuses what needs it',
  async (feature) => {
    const gpu = await testGpu({ withoutFeatures: [feature] });
    const needy = matmulOperation.cases.find(({ needs }) => needs === feature);
    await expect(needy?.run(gpu)).rejects.toThrow(feature.replace('shader-', ''));
    gpu.destroy();
  },
);
