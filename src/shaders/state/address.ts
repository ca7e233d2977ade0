import type { Binding, Constants, Struct } from '../../gpu/index.ts';
import { chunkBinding, chunkStruct } from './chunk.ts';
import { stateBinding, stateStructs } from './state.ts';

/** Where a kernel's rows stand: rows of a chunk, or columns of the token loop. */
export type Addressing = { by: 'chunk' } | { by: 'columns'; columns: number; context: number };

export interface AddressParts {
  constants: Constants;
  structs: readonly Pick<Struct, 'wgsl'>[];
  binding: Binding;
  part: string;
}

/**
 * `position_of(row)` and `sequence_of(row)`; a pattern is [head][row][key] of `row_count()` rows and `key_count()` keys.
 */
const parts: Record<Addressing['by'], string> = {
  chunk: /* wgsl */ `
fn position_of(row: u32) -> u32 {
  return params.base + (params.first + row) % params.length;
}

fn sequence_of(row: u32) -> u32 {
  return params.sequence + (params.first + row) / params.length;
}

fn row_count() -> u32 {
  return params.count;
}

fn key_count() -> u32 {
  return params.total;
}
`,
  columns: /* wgsl */ `
fn position_of(row: u32) -> u32 {
  return state.columns[row].position;
}

fn sequence_of(row: u32) -> u32 {
  return state.columns[row].sequence;
}

fn row_count() -> u32 {
  return COLUMNS;
}

fn key_count() -> u32 {
  return CONTEXT;
}
`,
};

export function addressParts(addressing: Addressing): AddressParts {
  const part = parts[addressing.by];
  if (addressing.by === 'chunk')
    return { constants: {}, structs: [chunkStruct], binding: chunkBinding, part };
  const constants = { COLUMNS: addressing.columns, CONTEXT: addressing.context };
  return { constants, structs: stateStructs, binding: stateBinding, part };
}
