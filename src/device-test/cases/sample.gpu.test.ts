import { testOperation } from '../../../test/support/operations.ts';
import { sampleOperation } from './sample.ts';

// On a device of its own, which grants no more than every device does: sampling needs no more.
testOperation(sampleOperation, { defaultLimits: true, withoutFeatures: ['subgroups', 'shader-f16'] });
