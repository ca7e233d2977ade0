import { defineKernel, grid1d, type KernelSource } from '../../gpu/index.ts';
import { ceilDiv } from '../../lib/index.ts';
import { paddedHeadSize } from '../epilogue/epilogue.ts';
import lane from '../shared/lane.wgsl?raw';
import { chunkBinding, chunkStruct } from '../state/chunk.ts';
import { stateBinding, stateStructs } from '../state/state.ts';
import append from './append.wgsl?raw';
import appendColumns from './append_columns.wgsl?raw';
import type { AttentionShape } from './kv-cache.ts';
import { kvSourceParts } from './kv-source.ts';

/** A chunk's keys and values into the cache. Bindings: qkv, kv, params. Grid: {@link kvAppendGrid}. */
export function kvAppendKernel(shape: AttentionShape): KernelSource {
  const { constants, bindings, parts } = kvSourceParts(shape, 'cache');
  return defineKernel({
    name: `kv append h${shape.heads}x${shape.headSize} ${shape.kv}`,
    constants,
    structs: [chunkStruct],
    bindings: [...bindings, chunkBinding],
    parts: [...parts, lane, append],
  });
}

export function kvAppendGrid(shape: AttentionShape, rows: number): [number, number, number] {
  return grid1d(ceilDiv((rows * 2 * shape.heads * paddedHeadSize(shape)) / 4, 64));
}

/** Every column's key and value into the cache. Bindings: qkv, kv, state. Grid: {@link kvAppendColumnsGrid}. */
export function kvAppendColumnsKernel(shape: AttentionShape): KernelSource {
  const { constants, bindings, parts } = kvSourceParts(shape, 'cache');
  return defineKernel({
    name: `kv append columns h${shape.heads}x${shape.headSize} ${shape.kv}`,
    constants,
    structs: stateStructs,
    bindings: [...bindings, stateBinding],
    parts: [...parts, appendColumns],
  });
}

export function kvAppendColumnsGrid(shape: AttentionShape, columns: number): [number, number, number] {
  return [ceilDiv((2 * shape.heads * paddedHeadSize(shape)) / 4, 64), columns, 1];
}
