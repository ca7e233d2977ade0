import { type Binding, defineKernel, defineStruct, type KernelSource } from '../../gpu/index.ts';
import { type Addressing, addressParts } from '../state/address.ts';
import edit from './edit.wgsl?raw';

/** An edit's numbers, the same for every kernel that makes it. */
export const editStruct = defineStruct('Edit', {
  scale: ['f32', 'what values are multiplied by'],
  head: 'first head that is changed',
  heads: 'heads that are changed',
  uniformShift: '1 where one number is added to all values',
  vectorStride: 'floats between the vectors of listed positions; 0 where there is one for all',
  listed: 'length of the list of places; 0 where every position is changed',
  firstRow: 'row that the grid begins at',
  run: 'the sequence that is changed, or everyRun',
});

export const packEdit = editStruct.pack;
/** Instead of a sequence: all of them. */
export const everyRun = 0xffffffff;

/** Where a site's values lie in the rows of a buffer. */
export interface EditShape {
  stride: number;
  offset: number;
  /** Floats of a head, and between heads; the whole row where there are no heads. */
  size: number;
  padded: number;
  pattern: boolean;
}

/**
 * One edit in place. `places` holds, by position, 1 + the number of its vector in `shift`, or 0.
 * Bindings: x, shift, places, edit, params or state. Grid: (values / 64, rows).
 */
export function editKernel(shape: EditShape, addressing: Addressing): KernelSource {
  const address = addressParts(addressing);
  const bindings: Binding[] = [
    { name: 'x', type: 'array<f32>', kind: 'write' },
    { name: 'shift', type: 'array<f32>', kind: 'read' },
    { name: 'places', type: 'array<u32>', kind: 'read' },
    { name: 'edit', type: 'Edit', kind: 'uniform' },
  ];
  return defineKernel({
    name: `edit ${shape.stride}+${shape.offset} ${shape.size}/${shape.padded}${shape.pattern ? ' pattern' : ''} ${addressing.by}`,
    constants: {
      STRIDE: shape.stride,
      OFFSET: shape.offset,
      SIZE: shape.size,
      PADDED: shape.padded,
      PATTERN: shape.pattern,
      ...address.constants,
    },
    structs: [...address.structs, editStruct],
    bindings: [...bindings, address.binding],
    parts: [address.part, edit],
  });
}
