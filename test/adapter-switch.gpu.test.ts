import { describe } from 'vitest';
import { testAdapterSwitch } from './support/adapter-checks.ts';

describe('a LoRA adapter is switched, on the GPU', () => testAdapterSwitch('gpu', ['f32', 'int4']));
