import { type Dispatch, dispatch, type Gpu, readBuffer, submit } from '../../../gpu/index.ts';
import {
  type Epilogue,
  type MatvecShape,
  type MatvecVariant,
  matrixBuffers,
  matvecGrid,
  matvecKernel,
  stateBytes,
  variantName,
  vectorStride,
} from '../../../shaders/index.ts';
import { type GpuModel, type Linear, linearOf, linearSteps } from '../gpu-model.ts';
import { benchmark, type Known, type Result } from './benchmark.ts';
import { candidateVariants, shapeKey } from './matvec-candidates.ts';

/** Measurements of one product: the candidates with correct output, fastest first. */
export interface Tuned extends Result<MatvecVariant> {
  key: string;
}

export interface TuneOptions<V> {
  /** Milliseconds after which no further candidate is tried. */
  budget: number;
  /** What earlier visits found, by key. */
  known?: ReadonlyMap<string, Known<V>>;
}

/** Products are timed over all layers' weights, so that none is served from a cache it would not be in. */
interface Subject {
  shape: MatvecShape;
  linears: readonly Linear[];
}

/**
 * Chooses a variant for each product of a token step by timing them on this device, after checking that each gives
 * what the default gives. Candidates that fail to compile or give wrong results are skipped. Products whose candidates
 * were all tried before are left out; those left share the budget, the largest first.
 */
export async function tuneProducts(
  gpu: Gpu,
  model: GpuModel,
  { budget, known = new Map() }: TuneOptions<MatvecVariant>,
): Promise<Tuned[]> {
  const bench = new TuneBench(gpu, model);
  const deadline = performance.now() + budget;
  try {
    const results: Tuned[] = [];
    const open = subjectsOf(model).filter(({ shape }) => !known.get(shapeKey(shape))?.complete);
    for (const [at, subject] of open.entries()) {
      const share = (deadline - performance.now()) / (open.length - at);
      const own = performance.now() + share;
      results.push(await bench.tune(subject, known.get(shapeKey(subject.shape)), own));
    }
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
  const weights = ({ shape: { matrix }, linears }: Subject) => linears.length * matrix.rows * matrix.columns;
  return [...subjects.values()].sort((left, right) => weights(right) - weights(left));
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

  async tune(
    { shape, linears }: Subject,
    known: Known<MatvecVariant> | undefined,
    deadline: number,
  ): Promise<Tuned> {
    const result = await benchmark(this.gpu, {
      name: variantName,
      known,
      candidates: candidateVariants(this.gpu.info, shape),
      steps: (variant) => this.steps(shape, linears, variant),
      output: (steps) => this.output(steps, shape),
      deadline,
    });
    return { key: shapeKey(shape), ...result };
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
