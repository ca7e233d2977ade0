import {
  type Bound,
  dispatch,
  type Gpu,
  grid1d,
  type KernelSource,
  queueDone,
  submit,
  usage,
} from '../../gpu/index.ts';
import { assert, ceilDiv, roundUp, VitrineError } from '../../lib/index.ts';
import {
  convertGroup,
  convertMatrixKernel,
  convertRowsKernel,
  type Matrix,
  packConvertMatrix,
  packConvertRows,
  type SourceDtype,
  sourceBytes,
} from '../../shaders/index.ts';
import type { TensorInfo, WeightSink } from '../../weights/index.ts';

/** Destination of a checkpoint tensor on the GPU. */
export type Target =
  /** A matrix as rows [out][in]; the checkpoint holds it [in][out] (Conv1D) or [out][in]. */
  | { kind: 'matrix'; matrix: Matrix; orientation: 'in-out' | 'out-in' }
  /** A vector of f32 inside a buffer. */
  | { kind: 'vector'; buffer: GPUBuffer; offsetFloats: number; length: number }
  /** A matrix of f32 rows, `stride` floats apart. */
  | { kind: 'rows'; buffer: GPUBuffer; stride: number; rows: number; columns: number };

/** Raw bytes on the GPU at a time. */
const scratchBytes = 16 * 2 ** 20;
/** Bytes handed to the queue before waiting for it: the driver keeps a copy of each until it is done. */
const queuedBytes = 64 * 2 ** 20;

/** A tensor on its way: units are rows of the source, a band is as many as are converted at once. */
interface Current {
  tensor: TensorInfo;
  target: Target;
  dtype: SourceDtype;
  unitBytes: number;
  bandUnits: number;
  units: number;
  /** First unit of the band being filled, and bytes of it that are there. */
  firstUnit: number;
  filled: number;
  /** Bytes of the whole tensor seen. */
  seen: number;
}

/**
 * Uploads weight bytes as they arrive: each piece is written raw to a scratch buffer, and a kernel converts,
 * transposes or quantises it into place. The JS heap never holds more than the piece.
 */
export class WeightUploader implements WeightSink {
  private readonly params: GPUBuffer;
  private scratch: GPUBuffer | undefined;
  private current: Current | undefined;
  /** Bytes not yet written, because buffers are written in words of four. */
  private readonly carry = new Uint8Array(4);
  private carried = 0;
  private queued = 0;

  constructor(
    private readonly gpu: Gpu,
    private readonly targetOf: (tensor: TensorInfo) => Target,
  ) {
    this.params = gpu.buffers.create('upload.params', 64, usage.uniform);
  }

  async write(tensor: TensorInfo, offset: number, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    if (this.current?.tensor !== tensor) this.begin(tensor);
    const current = this.current as Current;
    assert(offset === current.seen, `the bytes of ${tensor.name} come in order`);
    current.seen += bytes.length;
    let rest = bytes;
    while (rest.length > 0) {
      const band = Math.min(current.bandUnits, current.units - current.firstUnit) * current.unitBytes;
      assert(band > 0, `${tensor.name} has no bytes beyond its shape`);
      const part = rest.subarray(0, band - current.filled);
      this.append(part, current.filled);
      current.filled += part.length;
      rest = rest.subarray(part.length);
      if (current.filled === band) await this.convert(current);
    }
    if (current.firstUnit === current.units) this.current = undefined;
  }

  /** Waits for the last conversion and frees the scratch buffers. */
  async finish(): Promise<void> {
    assert(!this.current, `${this.current?.tensor.name} is whole`);
    await queueDone(this.gpu.device);
    this.destroy();
  }

  /** Frees the scratch buffers. Idempotent. */
  destroy(): void {
    if (this.scratch) this.gpu.buffers.destroy(this.scratch);
    this.scratch = undefined;
    this.gpu.buffers.destroy(this.params);
  }

  private begin(tensor: TensorInfo): void {
    assert(!this.current, `${this.current?.tensor.name} is whole before ${tensor.name}`);
    const dtype = sourceDtype(tensor);
    const target = this.targetOf(tensor);
    const shape = unitsOf(target);
    const unitBytes = shape.columns * sourceBytes[dtype];
    const bandUnits = Math.max(shape.step, Math.floor(scratchBytes / unitBytes / shape.step) * shape.step);
    this.current = {
      tensor,
      target,
      dtype,
      unitBytes,
      bandUnits,
      units: shape.units,
      firstUnit: 0,
      filled: 0,
      seen: 0,
    };
    this.reserve(Math.min(bandUnits, shape.units) * unitBytes);
  }

  private reserve(bytes: number): void {
    const size = Math.max(scratchBytes, roundUp(bytes, 4));
    if (this.scratch && this.scratch.size >= size) return;
    if (this.scratch) this.gpu.buffers.destroy(this.scratch);
    this.scratch = this.gpu.buffers.create('upload.scratch', size);
  }

  /** Writes a piece at `at` of the scratch buffer; whole words now, the rest with the next piece. */
  private append(piece: Uint8Array<ArrayBuffer>, at: number): void {
    const { queue } = this.gpu.device;
    const scratch = this.scratch as GPUBuffer;
    let rest = piece;
    let wordStart = at - this.carried;
    if (this.carried > 0) {
      const take = Math.min(4 - this.carried, rest.length);
      this.carry.set(rest.subarray(0, take), this.carried);
      this.carried += take;
      rest = rest.subarray(take);
      if (this.carried < 4) return;
      queue.writeBuffer(scratch, wordStart, this.carry, 0, 4);
      wordStart += 4;
      this.carried = 0;
    }
    const whole = rest.length - (rest.length % 4);
    if (whole > 0) queue.writeBuffer(scratch, wordStart, rest, 0, whole);
    this.carry.set(rest.subarray(whole));
    this.carried = rest.length - whole;
  }

  private async convert(current: Current): Promise<void> {
    if (this.carried > 0) {
      // Only at a tensor's end: bands hold whole words.
      this.carry.fill(0, this.carried);
      this.gpu.device.queue.writeBuffer(
        this.scratch as GPUBuffer,
        current.filled - this.carried,
        this.carry,
        0,
        4,
      );
      this.carried = 0;
    }
    const units = current.filled / current.unitBytes;
    const { target } = current;
    if (target.kind === 'matrix') await this.convertMatrix(current, target, units);
    else await this.convertRows(current, target, units);
    this.queued += current.filled;
    current.firstUnit += units;
    current.filled = 0;
    if (this.queued < queuedBytes) return;
    await queueDone(this.gpu.device);
    this.queued = 0;
  }

  private async convertMatrix(
    current: Current,
    { matrix, orientation }: Target & { kind: 'matrix' },
    units: number,
  ): Promise<void> {
    const { format, bands, scales } = matrix;
    const inOut = orientation === 'in-out';
    const source = convertMatrixKernel(current.dtype, format.dtype, inOut);
    const first = inOut ? 0 : current.firstUnit;
    const last = inOut ? format.rows : current.firstUnit + units;
    const groups = inOut ? ceilDiv(units, convertGroup) : format.paddedColumns / convertGroup;
    for (const [band, buffer] of bands.entries()) {
      const bandRow = band * format.bandRows;
      const firstRow = Math.max(first, bandRow);
      const rowCount = Math.min(last, bandRow + format.bandRows) - firstRow;
      if (rowCount <= 0) continue;
      const words = packConvertMatrix({
        rows: format.rows,
        columns: format.columns,
        rowBlocks: format.rowBlocks,
        bandRow,
        firstRow,
        rowCount,
        firstGroup: inOut ? current.firstUnit / convertGroup : 0,
        groupCount: groups,
        sourceStart: current.firstUnit,
      });
      await this.run(source, scales ? [buffer, scales] : [buffer], words, rowCount * groups);
    }
  }

  private async convertRows(
    current: Current,
    target: Target & { kind: 'vector' | 'rows' },
    units: number,
  ): Promise<void> {
    const vector = target.kind === 'vector';
    const words = packConvertRows({
      first: vector ? current.firstUnit : current.firstUnit * target.columns,
      count: vector ? units : units * target.columns,
      columns: vector ? target.length : target.columns,
      stride: vector ? 0 : target.stride,
      offset: vector ? target.offsetFloats : 0,
    });
    const lanes = words[1] as number;
    await this.run(convertRowsKernel(current.dtype), [target.buffer], words, lanes);
  }

  private async run(
    source: KernelSource,
    outputs: readonly Bound[],
    words: Uint32Array<ArrayBuffer>,
    lanes: number,
  ): Promise<void> {
    const { device, kernels } = this.gpu;
    const kernel = await kernels.compile(source);
    device.queue.writeBuffer(this.params, 0, words);
    const buffers = [this.scratch as GPUBuffer, ...outputs, this.params];
    submit(device, [dispatch(device, kernel, buffers, grid1d(ceilDiv(lanes, 64)))], 'upload');
  }
}

/** Rows of the source, elements in each, and of how many rows a band must be a multiple. */
function unitsOf(target: Target): { units: number; columns: number; step: number } {
  if (target.kind === 'vector') return { units: target.length, columns: 1, step: 4 };
  if (target.kind === 'rows') return { units: target.rows, columns: target.columns, step: 4 };
  const { rows, columns } = target.matrix.format;
  if (target.orientation === 'in-out') return { units: columns, columns: rows, step: convertGroup };
  return { units: rows, columns, step: 4 };
}

function sourceDtype(tensor: TensorInfo): SourceDtype {
  const { dtype } = tensor;
  if (dtype === 'F32' || dtype === 'F16' || dtype === 'BF16') return dtype;
  throw new VitrineError(
    'unsupported-format',
    `${tensor.name} is ${dtype}; weights may be F32, F16 or BF16. Save the model in one of these.`,
  );
}
