import { type Dispatch, dispatch, type Gpu, readBuffer, submit } from '../../../gpu/index.ts';
import {
  type Epilogue,
  type MatvecShape,
  type MatvecVariant,
  matrixBuffers,
  matvecGrid,
  matvecKernel,
  stateBytes,
  vectorStride,
} from '../../../shaders/index.ts';
import { type GpuModel, type Linear, linearOf, linearSteps } from '../gpu-model.ts';
import { benchmark, type Measured } from './benchmark.ts';
import { candidateVariants, shapeKey } from './matvec-candidates.ts';

/** Measurements of one product: every candidate with correct output, fastest first. */
export interface Tuned {
  key: string;
  best: MatvecVariant;
  measured: Measured<MatvecVariant>[];
}

export interface TuneOptions {
  /** Milliseconds after which no further candidate is tried. */
  budget: number;
}

/** Products are timed over all layers' weights, so that none is served from a cache it would not be in. */
interface Subject {
  shape: MatvecShape;
  linears: readonly Linear[];
}

/**
 * Chooses a variant for each product of a token step by timing them on this device, after checking that each gives
 * what the default gives. Candidates that fail to compile or give wrong results are skipped.
 */
export async function tuneProducts(gpu: Gpu, model: GpuModel, { budget }: TuneOptions): Promise<Tuned[]> {
  const bench = new TuneBench(gpu, model);
  const deadline = performance.now() + budget;
  try {
    const results: Tuned[] = [];
    for (const subject of subjectsOf(model)) results.push(await bench.tune(subject, deadline));
    return results;
  } finally {
    bench.destroy();
  }
}

/** The products of a step, those of one shape together. */
function subjectsOf(model: GpuModel): Subject[] {
  const subjects = new Map<string, { shape: MatvecShape; linears: Linear[] }>();
  for (const step of linearSteps(model.pass)) {
    const linear = linearOf(model, step);
    const shape = productShape(linear);
    const key = shapeKey(shape);
    const subject = subjects.get(key) ?? { shape, linears: [] };
    subject.linears.push(linear);
    subjects.set(key, subject);
  }
  return [...subjects.values()];
}

function productShape({ matrix, normEpsilon }: Linear): MatvecShape {
  const { format } = matrix;
  const epilogue: Epilogue = { kind: 'store', stride: vectorStride(format.rows) };
  const inputStride = vectorStride(format.columns);
  return { name: 'tune', matrix: format, columns: 1, inputStride, normEpsilon, epilogue };
}

class TuneBench {
  private readonly state: GPUBuffer;
  private readonly x: GPUBuffer;
  private readonly out: GPUBuffer;

  constructor(
    private readonly gpu: Gpu,
    { config }: GpuModel,
  ) {
    const longest = Math.max(config.nInner, config.nEmbd);
    const rows = Math.max(config.vocabSize, config.nInner, 3 * config.nEmbd);
    const values = Float32Array.from({ length: vectorStride(longest) }, (_, i) => Math.sin(i + 1));
    this.state = gpu.buffers.from('tune.state', new Uint32Array(stateBytes(1) / 4).fill(1, 0, 1));
    this.x = gpu.buffers.from('tune.x', values);
    this.out = gpu.buffers.create('tune.out', vectorStride(rows) * 4);
  }

  async tune({ shape, linears }: Subject, deadline: number): Promise<Tuned> {
    const measured = await benchmark(this.gpu, {
      candidates: candidateVariants(this.gpu.info, shape),
      steps: (variant) => this.steps(shape, linears, variant),
      output: (steps) => this.output(steps, shape),
      deadline,
    });
    return { key: shapeKey(shape), best: measured[0].variant, measured };
  }

  private async steps(
    shape: MatvecShape,
    linears: readonly Linear[],
    variant: MatvecVariant,
  ): Promise<Dispatch[]> {
    const kernel = await this.gpu.kernels.compile(matvecKernel(shape, variant));
    const grid = matvecGrid(shape.matrix, variant);
    return linears.map(({ matrix, biasAndNorm }) =>
      dispatch(
        this.gpu.device,
        kernel,
        [this.x, ...matrixBuffers(matrix), biasAndNorm, this.state, this.out],
        grid,
      ),
    );
  }

  private async output(steps: readonly Dispatch[], shape: MatvecShape): Promise<Float32Array> {
    submit(this.gpu.device, steps.slice(0, 1), 'tune');
    const bytes = shape.matrix.rows * 4;
    return new Float32Array(await readBuffer(this.gpu.device, this.gpu.buffers, this.out, bytes));
  }

  destroy(): void {
    for (const buffer of [this.state, this.x, this.out]) this.gpu.buffers.destroy(buffer);
  }
}
