import { roundUp, VitrineError } from '../lib/index.ts';

const storageUsage = 0x80 | 0x4 | 0x8; // STORAGE | COPY_SRC | COPY_DST

/** Usage flags by name, so that this module needs no browser globals at import. */
export const usage = {
  storage: storageUsage,
  uniform: 0x40 | 0x8,
  readback: 0x1 | 0x8,
} as const;

/** Creates, names, counts and frees the buffers of one device. */
export class BufferPool {
  private readonly live = new Map<GPUBuffer, number>();
  private total = 0;
  /** Buffers ever created; a test proves that the token loop creates none. */
  created = 0;

  constructor(readonly device: GPUDevice) {}

  /** Bytes of all live buffers. */
  get bytes(): number {
    return this.total;
  }

  get count(): number {
    return this.live.size;
  }

  /**
   * A zeroed buffer of at least `bytes`, rounded up to 16.
   * @throws VitrineError `adapter-limit` when it is above the device's buffer limit.
   */
  create(label: string, bytes: number, use: number = usage.storage): GPUBuffer {
    const size = Math.max(16, roundUp(bytes, 16));
    const limit = this.device.limits.maxBufferSize;
    if (size > limit) {
      throw new VitrineError(
        'adapter-limit',
        `${label} needs a buffer of ${size} bytes; this device allows ${limit}. Choose a smaller dtype or model.`,
      );
    }
    const buffer = this.device.createBuffer({ label, size, usage: use });
    this.live.set(buffer, size);
    this.total += size;
    this.created++;
    return buffer;
  }

  /** A storage or uniform buffer holding `data`. */
  from(label: string, data: ArrayBufferView<ArrayBuffer>, use: number = usage.storage): GPUBuffer {
    const buffer = this.create(label, data.byteLength, use);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    if (bytes.length % 4 === 0) {
      if (bytes.length) this.device.queue.writeBuffer(buffer, 0, bytes);
      return buffer;
    }
    const padded = new Uint8Array(roundUp(bytes.length, 4));
    padded.set(bytes);
    this.device.queue.writeBuffer(buffer, 0, padded);
    return buffer;
  }

  /** Destroys one buffer; ignores buffers of other owners. */
  destroy(buffer: GPUBuffer): void {
    const size = this.live.get(buffer);
    if (size === undefined) return;
    this.live.delete(buffer);
    this.total -= size;
    buffer.destroy();
  }

  destroyAll(): void {
    for (const buffer of [...this.live.keys()]) this.destroy(buffer);
  }
}

export function outOfMemory(what: string, cause: Error): VitrineError {
  return new VitrineError(
    'out-of-memory',
    `The GPU has no room for ${what}. Choose a smaller dtype or model.`,
    { cause },
  );
}

/**
 * Runs `work` inside out-of-memory and validation scopes.
 * @throws VitrineError `out-of-memory` or `adapter-limit`, naming `what`.
 */
export async function guarded<T>(device: GPUDevice, what: string, work: () => T | Promise<T>): Promise<T> {
  device.pushErrorScope('validation');
  device.pushErrorScope('out-of-memory');
  let result: T;
  try {
    result = await work();
  } catch (error) {
    await Promise.allSettled([device.popErrorScope(), device.popErrorScope()]);
    throw error;
  }
  // A lost device has no error scopes; the next operation reports the loss.
  const memory = device.popErrorScope().catch(() => null);
  const validation = device.popErrorScope().catch(() => null);
  const [full, invalid] = await Promise.all([memory, validation]);
  if (full) throw outOfMemory(what, new Error(full.message));
  if (invalid) {
    throw new VitrineError('adapter-limit', `The GPU refused ${what}: ${invalid.message}`, {
      cause: new Error(invalid.message),
    });
  }
  return result;
}
