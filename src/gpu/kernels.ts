import { VitrineError } from '../lib/index.ts';

/** Kind of a binding. `dynamic` is a uniform whose offset is given at dispatch. */
export type BindingKind = 'read' | 'write' | 'uniform' | 'dynamic';

/** A complete kernel: WGSL text and its bindings of group 0, in order of binding number. */
export interface KernelSource {
  /** Names the pipeline in errors and captures. */
  name: string;
  wgsl: string;
  bindings: readonly BindingKind[];
}

/** A compiled kernel. */
export interface Kernel {
  readonly name: string;
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

const bufferTypes: Record<BindingKind, GPUBufferBindingLayout> = {
  read: { type: 'read-only-storage' },
  write: { type: 'storage' },
  uniform: { type: 'uniform' },
  dynamic: { type: 'uniform', hasDynamicOffset: true },
};

const computeStage = 4;

/** Concurrent compilations, one per core: a started compilation cannot be cancelled. */
const atOnce = globalThis.navigator?.hardwareConcurrency || 4;

/** What a device has compiled, by text and bindings. */
interface Compiled {
  readonly kernels: Map<string, Promise<Kernel>>;
  readonly layouts: Map<string, GPUBindGroupLayout>;
}

/** A device from outside may serve several models, one after the other: they share its kernels. */
const compiledOn = new WeakMap<GPUDevice, Compiled>();

function compiledFor(device: GPUDevice): Compiled {
  let compiled = compiledOn.get(device);
  if (!compiled) {
    compiled = { kernels: new Map(), layouts: new Map() };
    compiledOn.set(device, compiled);
  }
  return compiled;
}

/** Compiles each distinct kernel of a device once. */
export class KernelCache {
  private readonly kernels: Map<string, Promise<Kernel>>;
  private readonly layouts: Map<string, GPUBindGroupLayout>;
  private readonly waiting: (() => void)[] = [];
  private compiling = 0;
  private closed = false;

  constructor(private readonly device: GPUDevice) {
    ({ kernels: this.kernels, layouts: this.layouts } = compiledFor(device));
  }

  /** Stops compiling; queued compilations reject with `disposed`. */
  close(): void {
    this.closed = true;
    for (const wake of this.waiting.splice(0)) wake();
  }

  /**
   * @throws VitrineError `shader-compilation` with the compiler's messages when the device refuses the kernel, `disposed`
   *   after {@link close}
   */
  async compile(source: KernelSource): Promise<Kernel> {
    try {
      return await this.compiled(source);
    } catch (error) {
      // Another model on this device asked first, and was given up while its kernels waited for their turn.
      const abandoned = error instanceof VitrineError && error.code === 'disposed' && !this.closed;
      if (!abandoned) throw error;
      return this.compile(source);
    }
  }

  private compiled(source: KernelSource): Promise<Kernel> {
    const key = `${source.bindings.join()}\n${source.wgsl}`;
    let kernel = this.kernels.get(key);
    if (!kernel) {
      kernel = this.inTurn(source);
      this.kernels.set(key, kernel);
      // A failed compilation is not cached, so it can be retried.
      kernel.catch(() => this.kernels.delete(key));
    }
    return kernel;
  }

  private async inTurn(source: KernelSource): Promise<Kernel> {
    while (this.compiling >= atOnce && !this.closed)
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    if (this.closed)
      throw new VitrineError('disposed', `The device is gone: the kernel ${source.name} is not compiled.`);
    this.compiling++;
    try {
      return await this.build(source);
    } finally {
      this.compiling--;
      this.waiting.shift()?.();
    }
  }

  private async build(source: KernelSource): Promise<Kernel> {
    const { device } = this;
    const layout = this.layoutOf(source.bindings);
    const module = device.createShaderModule({ label: source.name, code: source.wgsl });
    try {
      const pipeline = await device.createComputePipelineAsync({
        label: source.name,
        layout: device.createPipelineLayout({ label: source.name, bindGroupLayouts: [layout] }),
        compute: { module, entryPoint: 'main' },
      });
      return { name: source.name, pipeline, layout };
    } catch (cause) {
      throw new VitrineError('shader-compilation', await explain(source, module), { cause });
    }
  }

  private layoutOf(bindings: readonly BindingKind[]): GPUBindGroupLayout {
    const key = bindings.join();
    let layout = this.layouts.get(key);
    if (!layout) {
      const entries = bindings.map((kind, binding) => ({
        binding,
        visibility: computeStage,
        buffer: bufferTypes[kind],
      }));
      layout = this.device.createBindGroupLayout({ label: key, entries });
      this.layouts.set(key, layout);
    }
    return layout;
  }
}

async function explain(source: KernelSource, module: GPUShaderModule): Promise<string> {
  const { messages } = await module.getCompilationInfo().catch(() => ({ messages: [] as never[] }));
  const lines = source.wgsl.split('\n');
  const told = [...messages]
    .filter((message) => message.type === 'error')
    .map(
      (message) =>
        `${message.lineNum}:${message.linePos} ${message.message}\n  ${lines[message.lineNum - 1] ?? ''}`,
    );
  return `This browser could not compile the kernel ${source.name}. Update the browser and the graphics driver, or load with the backend 'cpu'.\n${told.join('\n')}`;
}

/** A whole buffer, or part of one, as a binding. */
export type Bound = GPUBuffer | GPUBufferBinding;

function isBuffer(bound: Bound): bound is GPUBuffer {
  return !('buffer' in bound);
}

/** Binds buffers to a kernel, in order of binding number. */
export function bind(
  device: GPUDevice,
  kernel: Kernel,
  label: string,
  buffers: readonly Bound[],
): GPUBindGroup {
  return device.createBindGroup({
    label,
    layout: kernel.layout,
    entries: buffers.map((bound, binding) => ({
      binding,
      resource: isBuffer(bound) ? { buffer: bound } : bound,
    })),
  });
}
