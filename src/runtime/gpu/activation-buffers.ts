import type { Gpu } from '../../gpu/index.ts';
import { type HeadShape, qkvFloats, vectorStride } from '../../shaders/index.ts';
import type { Slot } from './steps.ts';

/** The buffers that values flow through, one for each slot of a lowered pass, made when first asked for. */
export class ActivationBuffers {
  private readonly buffers = new Map<number, GPUBuffer>();

  /**
   * @param rows rows of every buffer
   * @param keys of a row of a pattern
   */
  constructor(
    private readonly gpu: Gpu,
    private readonly name: string,
    private readonly rows: number,
    private readonly keys = 0,
  ) {}

  of(slot: Slot): GPUBuffer {
    let buffer = this.buffers.get(slot.index);
    if (!buffer) {
      const label = `${this.name}.${slot.layout}${slot.width}.${slot.index}`;
      const stride = slot.layout === 'pattern' ? slot.width * this.keys : slotStride(slot);
      buffer = this.gpu.buffers.create(label, this.rows * stride * 4);
      this.buffers.set(slot.index, buffer);
    }
    return buffer;
  }

  destroy(): void {
    for (const buffer of this.buffers.values()) this.gpu.buffers.destroy(buffer);
    this.buffers.clear();
  }
}

/** Floats between rows. */
export function slotStride({ width, heads }: Slot): number {
  return heads === undefined ? vectorStride(width) : qkvFloats(headsOf(width, heads));
}

/** Heads of a row that holds q, k and v. */
export function headsOf(width: number, heads: number): HeadShape {
  return { heads, headSize: width / 3 / heads };
}
