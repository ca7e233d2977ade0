import { expect, test } from 'vitest';
import { withGpu } from '../../../test/support/gpu.ts';
import { testOperation } from '../../../test/support/operations.ts';
import { constrainKernel, dryKernel, statisticsKernel } from '../../shaders/extras/index.ts';
import { sampleKernel } from '../../shaders/index.ts';
import { sampleOperation } from './sample.ts';

testOperation(sampleOperation);

test('sampling needs no more than every device grants', () =>
  withGpu(
    async ({ kernels }) => {
      const shape = { vocab: 50257, columns: 8, logitsStride: 50260, context: 1024 };
      for (const kernel of [sampleKernel, statisticsKernel, constrainKernel, dryKernel])
        await expect(kernels.compile(kernel(shape))).resolves.toBeDefined();
    },
    { defaultLimits: true, withoutFeatures: ['subgroups', 'shader-f16'] },
  ));
