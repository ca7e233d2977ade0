import { type AdapterSummary, summariseGpu } from '../engine/index.ts';
import { type Gpu, openGpu } from '../gpu/index.ts';
import { VitrineError } from '../lib/index.ts';
import type { KernelCase } from './case.ts';
import { modelChecks, runModelCheck } from './model-checks.ts';
import { operations } from './operations.ts';
import { type CaseResult, countCases, type DeviceTestReport } from './report.ts';
import type { Comparison } from './support/compare.ts';

export interface DeviceTestOptions {
  /** Run only checks whose `operation: name` contains one of these texts. */
  only?: string | readonly string[];
  /**
   * Run each kernel once: without other sizes of it, and without the variants that this device could choose. The whole
   * model runs in f32 and int4 only.
   */
  brief?: boolean;
  /** Base URL of the bundled models. */
  bundledBase?: string;
  signal?: AbortSignal;
  /** Called before the first check, once it is known where the test runs and what it will do. */
  onPlan?(plan: { total: number; environment: DeviceTestReport['environment'] }): void;
  /** Called when a check begins. */
  onBegin?(check: { operation: string; name: string }): void;
  onResult?(result: CaseResult): void;
}

type Outcome = Pick<CaseResult, 'status' | 'error' | 'tolerance' | 'reason'>;

interface Check {
  operation: string;
  name: string;
  run(): Promise<Outcome>;
}

/**
 * Runs every kernel on this device against its plain reference, then the bundled model in each dtype against stored
 * logits. A check that throws, a kernel that does not compile or a lost device is one failed result.
 * Without WebGPU the CPU engine alone is checked.
 * @throws VitrineError `aborted`
 */
export async function runDeviceTest(options: DeviceTestOptions = {}): Promise<DeviceTestReport> {
  const device = new TestDevice();
  const started = new Date();
  const cases: CaseResult[] = [];
  try {
    const webgpu = await device.open().then(() => '', messageOf);
    const environment = { browser: navigator.userAgent, adapter: device.summary, webgpu };
    const checks = plan(device, webgpu, options).filter(matching(options.only));
    options.onPlan?.({ total: checks.length, environment });
    for (const check of checks) {
      if (options.signal?.aborted) throw new VitrineError('aborted', 'The device test was stopped.');
      options.onBegin?.(check);
      const result = await runCheck(check);
      cases.push(result);
      options.onResult?.(result);
    }
    const milliseconds = Date.now() - started.getTime();
    return { ...countCases(cases), cases, environment, started: started.toISOString(), milliseconds };
  } finally {
    device.close();
  }
}

function plan(device: TestDevice, webgpu: string, options: DeviceTestOptions): Check[] {
  const bundledBase = options.bundledBase ?? new URL('models/', document.baseURI).href;
  const signal = options.signal;
  const models = modelChecks({ gpu: webgpu === '', brief: options.brief ?? false }).map((check) => ({
    operation: check.operation,
    name: check.name,
    run: async () => {
      const shared = check.backend === 'gpu' ? { device: (await device.open()).device } : {};
      return runModelCheck(check, { bundledBase, ...shared, ...(signal && { signal }) });
    },
  }));
  if (webgpu)
    return [{ operation: 'kernels', name: 'WebGPU', run: async () => unsupported(webgpu) }, ...models];
  const kernels = operations.flatMap(({ name, cases, deviceCases }) =>
    (options.brief
      ? cases.filter(({ repeats }) => !repeats)
      : [...cases, ...(deviceCases?.(device.info) ?? [])]
    ).map((each) => ({
      operation: name,
      name: each.name,
      run: () => device.run(each),
    })),
  );
  return [...kernels, ...models];
}

function matching(only: DeviceTestOptions['only']): (check: Check) => boolean {
  const texts = only === undefined ? undefined : [only].flat();
  return ({ operation, name }) => !texts || texts.some((text) => `${operation}: ${name}`.includes(text));
}

async function runCheck({ operation, name, run }: Check): Promise<CaseResult> {
  const begun = performance.now();
  const outcome = await run().catch(failed);
  return { operation, name, ...outcome, milliseconds: performance.now() - begun };
}

/** The device of the kernels' checks; another one is opened after a loss. */
class TestDevice {
  private gpu: Gpu | undefined;
  private first: Gpu | undefined;

  async open(): Promise<Gpu> {
    if (this.gpu) return this.gpu;
    const gpu = await openGpu();
    void gpu.lost.then(() => this.close());
    this.gpu = gpu;
    this.first ??= gpu;
    return gpu;
  }

  get info(): Gpu['info'] {
    if (!this.first) throw new Error('Internal error: the device was never open');
    return this.first.info;
  }

  get summary(): AdapterSummary | undefined {
    return this.first && summariseGpu(this.first.info);
  }

  async run({ needs, run }: KernelCase): Promise<Outcome> {
    const gpu = await this.open();
    if (needs && !gpu.info.features.includes(needs)) return unsupported(`This device has no ${needs}.`);
    const lost = gpu.lost.then(({ reason }) => {
      throw new VitrineError('device-lost', `The GPU device was lost: ${reason}`);
    });
    try {
      return judge(await Promise.race([run(gpu), lost]));
    } finally {
      gpu.buffers.destroyAll();
    }
  }

  close(): void {
    this.gpu?.destroy();
    this.gpu = undefined;
  }
}

/** The comparison that used up most of its tolerance, or the first that failed. */
function judge(comparisons: readonly Comparison[]): Outcome {
  const wrong = comparisons.filter(({ passed }) => !passed);
  const share = ({ error, tolerance }: Comparison) => (error === 0 ? 0 : error / tolerance);
  const [worst] = [...comparisons].sort((left, right) => share(right) - share(left));
  if (!worst) return failed(new Error('The check compared nothing.'));
  const { error, tolerance } = wrong[0] ?? worst;
  const reason = wrong
    .map(({ detail }) => detail)
    .slice(0, mostReasons)
    .join('\n');
  return { status: wrong.length > 0 ? 'failed' : 'passed', error, tolerance, reason };
}

const mostReasons = 5;

function failed(error: unknown): Outcome {
  return { status: 'failed', error: null, tolerance: null, reason: messageOf(error) };
}

function unsupported(reason: string): Outcome {
  return { status: 'unsupported', error: null, tolerance: null, reason };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
