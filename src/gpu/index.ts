export { guarded, usage } from './buffers.ts';
export {
  adoptDevice,
  type Gpu,
  type GpuInfo,
  type GpuWishes,
  isSoftware,
  openGpu,
  platformGpu,
} from './device.ts';
export type {
  Bound,
  Kernel,
  KernelSource,
} from './kernels.ts';
export { type Dispatch, dispatch, grid1d, record, submit } from './pass.ts';
export { ReadbackRing, readBuffer } from './readback.ts';
export { defineStruct, type Struct } from './struct.ts';
export { leastMicroseconds } from './timing.ts';
export { queueDone } from './wait.ts';
export { type Binding, type Constants, defineKernel, f32Literal, type KernelParts } from './wgsl.ts';
