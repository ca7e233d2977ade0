import { defineKernel, defineStruct, type KernelSource } from '../../gpu/index.ts';
import { automatonHeader, endsText, stateFlags, type TokenAutomaton } from '../../sampling/index.ts';
import type { SampleShape } from '../sample/sample.ts';
import sanitise from '../sample/sanitise.wgsl?raw';
import { stateBinding, stateStructs } from '../state/state.ts';
import constrain from './constrain.wgsl?raw';

const workgroup = 64;

export const constrainStruct = defineStruct('Constrain', {
  constrained: '0: all tokens may come',
  classes: 'of bytes',
});

/** Bytes of the uniform `params`. */
export const constrainBytes = 16;

/** The uniform `params`. */
export function packConstrain(automaton: TokenAutomaton | undefined): Uint32Array<ArrayBuffer> {
  return constrainStruct.pack({ constrained: automaton ? 1 : 0, classes: automaton?.classes ?? 0 });
}

export function constrainGrid(shape: Pick<SampleShape, 'vocab'>, columns: number) {
  return [Math.ceil(shape.vocab / workgroup), columns, 1] as const;
}

/**
 * Bindings: logits, processed (like logits), state, table, bytes and spans of the automaton, its states [2][columns],
 * params. The host puts the first states into the first half.
 */
export function constrainKernel({ vocab, columns, logitsStride }: SampleShape): KernelSource {
  return defineKernel({
    name: `constrain v${vocab} c${columns}`,
    constants: {
      V: vocab,
      COLUMNS: columns,
      LOGITS_STRIDE: logitsStride,
      WG: workgroup,
      HEADER: automatonHeader,
      ACCEPTS: stateFlags.accepts,
      LIVE: stateFlags.live,
      ENDS_TEXT: endsText,
    },
    structs: [...stateStructs, constrainStruct],
    bindings: [
      { name: 'logits', type: 'array<u32>', kind: 'read' },
      { name: 'processed', type: 'array<u32>', kind: 'write' },
      stateBinding,
      { name: 'table', type: 'array<u32>', kind: 'read' },
      { name: 'bytes', type: 'array<u32>', kind: 'read' },
      { name: 'spans', type: 'array<u32>', kind: 'read' },
      { name: 'automaton_states', type: 'array<u32>', kind: 'write' },
      { name: 'params', type: 'Constrain', kind: 'uniform' },
    ],
    parts: [sanitise, constrain],
  });
}
