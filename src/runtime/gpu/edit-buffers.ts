import { type Bound, type Gpu, usage } from '../../gpu/index.ts';
import { defined, roundUp } from '../../lib/index.ts';
import type { AffineEdit } from '../../model/index.ts';
import { type EditShape, everyRun, packEdit, paddedHeadSize } from '../../shaders/index.ts';
import { slotStride } from './activation-buffers.ts';
import type { Lowered, StepOf, View } from './steps.ts';

/** What the kernel of one edit binds, and the rows it goes over; undefined for all of a pass. */
export interface BoundEdit {
  shape: EditShape;
  /** Values of a row that may be changed; of a pattern heads. */
  values: number;
  shift: Bound;
  places: Bound;
  edit: Bound;
  rows: number | undefined;
}

/** What every device allows as the offset of a binding. */
const alignment = 256;
const editUsage = usage.storage | usage.uniform;

/** The numbers of all edits of a pass, in one buffer. */
export class EditBuffers {
  private readonly buffer: GPUBuffer;
  private readonly bound = new Map<StepOf<'edit'>, BoundEdit>();

  /** @param length rows of each run */
  constructor(
    private readonly gpu: Gpu,
    pass: Lowered,
    length: number,
  ) {
    const head = new Set<object>(pass.head);
    const steps = [...pass.embed, ...pass.body, ...pass.head].filter((step) => step.kind === 'edit');
    const texts = steps.map((step) => dataOf(step, length, head.has(step)));
    const bytes = texts.reduce(
      (sum, { words, shift, places }) =>
        [words, shift, places].reduce((all, part) => all + roundUp(part.byteLength, alignment), sum),
      0,
    );
    this.buffer = gpu.buffers.create('edits', bytes, editUsage);
    let at = 0;
    const put = (data: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>): Bound => {
      const offset = at;
      gpu.device.queue.writeBuffer(this.buffer, offset, data);
      at += roundUp(data.byteLength, alignment);
      return { buffer: this.buffer, offset, size: data.byteLength };
    };
    for (const [index, step] of steps.entries()) {
      const { words, shift, places, ...rest } = texts[index] as (typeof texts)[number];
      this.bound.set(step, { ...rest, edit: put(words), shift: put(shift), places: put(places) });
    }
  }

  of(step: StepOf<'edit'>): BoundEdit {
    return defined(this.bound.get(step), 'an edit of this pass');
  }

  destroy(): void {
    this.gpu.buffers.destroy(this.buffer);
  }
}

function dataOf({ edit, view }: StepOf<'edit'>, length: number, head: boolean) {
  const { shape, heads } = shapeOf(view);
  const { shift, vectorStride } = shiftOf(edit);
  // A run is a range of rows, except in the head, which reads some of them.
  const ranged = edit.run !== undefined && !head;
  const words = packEdit({
    scale: edit.scale,
    head: edit.head ?? 0,
    heads: edit.head === undefined ? heads : 1,
    uniformShift: typeof edit.shift === 'number' ? 1 : 0,
    vectorStride,
    listed: edit.positions ? placesOf(edit.positions).length : 0,
    firstRow: ranged ? (edit.run as number) * length : 0,
    run: edit.run ?? everyRun,
  });
  const values = (edit.head === undefined ? heads : 1) * shape.size;
  return {
    ...{ shape, values, words, shift },
    places: placesOf(edit.positions ?? []),
    rows: ranged ? length : undefined,
  };
}

/** Where a view's values lie in a row. */
export function shapeOf({ slot, part, shape }: View): { shape: EditShape; heads: number } {
  const [heads, size] = shape.length > 1 ? (shape as [number, number]) : [1, shape[0] as number];
  if (slot.layout === 'pattern')
    return { shape: { stride: 0, offset: 0, size: 1, padded: 1, pattern: true }, heads: slot.width };
  const padded = slot.layout === 'heads' ? paddedHeadSize({ heads, headSize: size }) : size;
  const offset = part * heads * padded;
  return { shape: { stride: slotStride(slot), offset, size, padded, pattern: false }, heads };
}

function shiftOf({ shift }: AffineEdit): { shift: Float32Array<ArrayBuffer>; vectorStride: number } {
  if (typeof shift === 'number') return { shift: Float32Array.of(shift), vectorStride: 0 };
  if (shift instanceof Float32Array) return { shift: Float32Array.from(shift), vectorStride: 0 };
  const vectors = shift as readonly Float32Array[];
  const vectorStride = vectors[0]?.length ?? 0;
  const all = new Float32Array(Math.max(1, vectors.length * vectorStride));
  for (const [index, vector] of vectors.entries()) all.set(vector, index * vectorStride);
  return { shift: all, vectorStride };
}

/** By position: 1 + the index of its vector, or 0. */
function placesOf(positions: readonly number[]): Uint32Array<ArrayBuffer> {
  const places = new Uint32Array(Math.max(0, ...positions) + 1);
  for (let index = positions.length - 1; index >= 0; index--) places[positions[index] as number] = index + 1;
  return places;
}
