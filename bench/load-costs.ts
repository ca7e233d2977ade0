/** Costs of loading other than time. */
export interface LoadCosts {
  /** Peak bytes of JavaScript heap and array buffers above the start; undefined where unknown. */
  peakHeapBytes: number | undefined;
  /** Pipelines compiled until the first token. */
  pipelines: number;
  /** Milliseconds of the longest compilation, and of all together without the pauses between them. */
  longestCompileMs: number;
  compilingMs: number;
}

const sampleMilliseconds = 10;

/** Monitors heap and compilations from construction until `stop`. */
export class LoadWatch {
  private readonly before = heapBytes();
  private peak = this.before;
  private readonly timer = setInterval(() => this.sample(), sampleMilliseconds);
  private readonly spans: [number, number][] = [];
  private readonly restore: () => void;

  constructor() {
    const { createComputePipelineAsync } = GPUDevice.prototype;
    const { spans } = this;
    GPUDevice.prototype.createComputePipelineAsync = async function (descriptor) {
      const begin = performance.now();
      try {
        return await createComputePipelineAsync.call(this, descriptor);
      } finally {
        spans.push([begin, performance.now()]);
      }
    };
    this.restore = () => {
      GPUDevice.prototype.createComputePipelineAsync = createComputePipelineAsync;
    };
  }

  private sample(): void {
    const now = heapBytes();
    if (now !== undefined && this.peak !== undefined) this.peak = Math.max(this.peak, now);
  }

  stop(): LoadCosts {
    this.sample();
    clearInterval(this.timer);
    this.restore();
    const { before, peak, spans } = this;
    return {
      peakHeapBytes: before === undefined || peak === undefined ? undefined : peak - before,
      pipelines: spans.length,
      longestCompileMs: Math.max(0, ...spans.map(([begin, end]) => end - begin)),
      compilingMs: covered(spans),
    };
  }
}

/** Node counts buffers separately from the heap, Chromium includes them, other browsers report nothing. */
function heapBytes(): number | undefined {
  if (typeof process !== 'undefined' && process.memoryUsage) {
    const { heapUsed, arrayBuffers } = process.memoryUsage();
    return heapUsed + arrayBuffers;
  }
  const { memory } = performance as Performance & { memory?: { usedJSHeapSize: number } };
  return memory?.usedJSHeapSize;
}

/** Total length covered by the spans. */
function covered(spans: readonly [number, number][]): number {
  let total = 0;
  let until = Number.NEGATIVE_INFINITY;
  for (const [begin, end] of [...spans].sort((left, right) => left[0] - right[0])) {
    total += Math.max(0, end - Math.max(begin, until));
    until = Math.max(until, end);
  }
  return total;
}
