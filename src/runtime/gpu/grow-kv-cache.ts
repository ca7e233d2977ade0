import { type Gpu, guarded } from '../../gpu/index.ts';
import { VitrineError } from '../../lib/index.ts';

/**
 * Buffers for several sequences, of so many bytes each: the last row's residual stream of each, and a cache for every layer.
 * @throws VitrineError `adapter-limit` or `out-of-memory`; no buffer is left then
 */
export async function growKvCache(
  { buffers, device }: Gpu,
  layers: number,
  sequences: number,
  cacheBytes: number,
  hiddenBytes: number,
): Promise<{ lastHidden: GPUBuffer; caches: GPUBuffer[] }> {
  const most = Math.floor(device.limits.maxStorageBufferBindingSize / cacheBytes);
  if (sequences > most)
    throw new VitrineError(
      'adapter-limit',
      `${sequences} sequences side by side are too many for this device; use ${most} or fewer.`,
    );
  const made: GPUBuffer[] = [];
  try {
    return await guarded(device, 'the sequences', () => {
      const create = (label: string, bytes: number) => {
        const buffer = buffers.create(label, bytes * sequences);
        made.push(buffer);
        return buffer;
      };
      const lastHidden = create('lastHidden', hiddenBytes);
      const caches = Array.from({ length: layers }, (_, layer) => create(`h.${layer}.kv`, cacheBytes));
      return { lastHidden, caches };
    });
  } catch (cause) {
    for (const buffer of made) buffers.destroy(buffer);
    if (!(cause instanceof VitrineError && cause.code === 'out-of-memory')) throw cause;
    throw new VitrineError(
      'out-of-memory',
      `The GPU has no room for ${sequences} sequences side by side. Use a smaller n or numBeams, or a smaller model.`,
      { cause },
    );
  }
}
