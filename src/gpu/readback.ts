import { VitrineError } from '../lib/index.ts';
import type { BufferPool } from './buffers.ts';
import { usage } from './buffers.ts';
import { answered } from './wait.ts';

const mapRead = 1;

/** A few mappable buffers used in turn, so that results come back without creating anything. */
export class ReadbackRing {
  private readonly free: GPUBuffer[] = [];
  private readonly all: GPUBuffer[] = [];

  constructor(
    private readonly pool: BufferPool,
    readonly slotBytes: number,
    slots: number,
    label = 'readback',
  ) {
    for (let slot = 0; slot < slots; slot++) {
      const buffer = pool.create(`${label}[${slot}]`, slotBytes, usage.readback);
      this.all.push(buffer);
      this.free.push(buffer);
    }
  }

  /**
   * Records a copy into a free slot; call the result after the submit to get the bytes.
   * @throws Error when every slot is in flight: a bug of the caller.
   */
  copy(
    encoder: GPUCommandEncoder,
    source: GPUBuffer,
    offset: number,
    bytes: number,
  ): () => Promise<ArrayBuffer> {
    const slot = this.free.pop();
    if (!slot) throw new Error('Internal error: no free readback slot');
    encoder.copyBufferToBuffer(source, offset, slot, 0, bytes);
    return async () => {
      try {
        await answered(this.pool.device, slot.mapAsync(mapRead, 0, bytes));
      } catch (cause) {
        this.free.push(slot);
        throw new VitrineError('device-lost', 'The GPU went away while its results were read.', { cause });
      }
      const copy = slot.getMappedRange(0, bytes).slice(0);
      slot.unmap();
      this.free.push(slot);
      return copy;
    };
  }

  destroy(): void {
    for (const buffer of this.all) this.pool.destroy(buffer);
  }
}

/** Reads `bytes` of a buffer once, through a buffer made for it; for tests, checks and one-off results. */
export async function readBuffer(
  device: GPUDevice,
  pool: BufferPool,
  source: GPUBuffer,
  bytes: number = source.size,
  offset = 0,
): Promise<ArrayBuffer> {
  const ring = new ReadbackRing(pool, bytes, 1);
  try {
    const encoder = device.createCommandEncoder({ label: 'read' });
    const result = ring.copy(encoder, source, offset, bytes);
    device.queue.submit([encoder.finish()]);
    return await result();
  } finally {
    ring.destroy();
  }
}
