import { type Bound, bind, type Kernel } from './kernels.ts';

/** One dispatch, ready to be recorded any number of times. */
export interface Dispatch {
  kernel: Kernel;
  group: GPUBindGroup;
  grid: readonly [number, number, number];
}

/** Grid of `groups` workgroups that stays under the limit per dimension; kernels use x + y * gridX. */
export function grid1d(groups: number, limit = 65535): [number, number, number] {
  if (groups <= limit) return [Math.max(1, groups), 1, 1];
  const rows = Math.ceil(groups / limit);
  return [Math.ceil(groups / rows), rows, 1];
}

export function dispatch(
  device: GPUDevice,
  kernel: Kernel,
  buffers: readonly Bound[],
  grid: readonly [number, number, number],
  label = kernel.name,
): Dispatch {
  return { kernel, group: bind(device, kernel, label, buffers), grid };
}

/** Records dispatches into a pass, in order; each sees what the ones before it wrote. */
export function record(pass: GPUComputePassEncoder, dispatches: readonly Dispatch[]): void {
  for (const { kernel, group, grid } of dispatches) {
    pass.setPipeline(kernel.pipeline);
    // Omit the third argument instead of passing undefined: Chromium throws on it once this loop is optimised.
    pass.setBindGroup(0, group);
    pass.dispatchWorkgroups(grid[0], grid[1], grid[2]);
  }
}

/** Records dispatches into one pass of one submit. */
export function submit(device: GPUDevice, dispatches: readonly Dispatch[], label = 'pass'): void {
  const encoder = device.createCommandEncoder({ label });
  const pass = encoder.beginComputePass({ label });
  record(pass, dispatches);
  pass.end();
  device.queue.submit([encoder.finish()]);
}
