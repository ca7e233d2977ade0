import { describe, expect, it } from 'vitest';
import { type StructInfo, WgslReflect } from 'wgsl_reflect/wgsl_reflect.module.js';
import { composedKernels } from '../../test/support/composed-kernels.ts';
import { defineStruct, type Struct } from '../gpu/index.ts';
import { layerStruct } from './attention/decode.ts';
import { constrainStruct } from './constrain/constrain.ts';
import { convertMatrixStruct, convertRowsStruct } from './convert/convert.ts';
import { dryStruct } from './dry/dry.ts';
import { editStruct } from './edit/edit.ts';
import { packRun, runStruct } from './pick/pick.ts';
import { samplingStruct } from './sample/sample.ts';
import { statisticsStruct } from './sample/statistics.ts';
import { chunkStruct } from './state/chunk.ts';
import { columnStruct, packState, stateLayout, stateStruct } from './state/state.ts';
import { summaryStruct } from './summarise/summarise.ts';

const snake = (name: string) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** What an independent reader of WGSL makes of a declaration. */
function reflect(wgsl: string, name: string): StructInfo {
  const found = new WgslReflect(wgsl).structs.find((struct) => struct.name === name);
  if (!found) throw new Error(`no struct ${name}`);
  return found;
}

const structs = Object.entries({
  ...{ chunkStruct, columnStruct, layerStruct, runStruct, samplingStruct, summaryStruct },
  ...{ convertMatrixStruct, convertRowsStruct, editStruct },
  ...{ constrainStruct, dryStruct, statisticsStruct },
}) as unknown as [string, Struct][];

describe('structs shared by kernels and host', () => {
  it.each(structs)('%s lies where WGSL puts it', (_, struct) => {
    const { members, size, align } = reflect(struct.wgsl, struct.name);
    expect(Object.fromEntries(members.map((member) => [member.name, member.offset]))).toEqual(
      Object.fromEntries(Object.entries(struct.offsets).map(([key, offset]) => [snake(key), offset])),
    );
    expect({ size, align }).toEqual({ size: struct.size, align: struct.align });
  });

  it('the state holds its columns where WGSL puts them', () => {
    const { members } = reflect(`${columnStruct.wgsl}\n${stateStruct.wgsl}`, 'State');
    const offsets = Object.fromEntries(members.map(({ name, offset }) => [name, offset]));
    expect(offsets).toEqual({ running: 0, step: 4, columns: stateStruct.tailOffset });
    expect(columnStruct.size % columnStruct.align).toBe(0);
  });

  it.each(structs)('%s is packed field by field', (_, struct) => {
    const { members } = reflect(struct.wgsl, struct.name);
    const keys = Object.keys(struct.offsets);
    const wide = (index: number) => (members[index]?.type.size ?? 0) / 4;
    const values = Object.fromEntries(
      keys.map((key, index) => [
        key,
        wide(index) === 1 ? index + 1 : Array.from({ length: wide(index) }, (_, i) => 1000 * index + i),
      ]),
    );
    const words = struct.pack(values);
    const floats = new Float32Array(words.buffer);
    expect(words.byteLength % 16).toBe(0);
    expect(words.byteLength).toBeGreaterThanOrEqual(struct.size);
    for (const [index, key] of keys.entries()) {
      const at = (members[index]?.offset ?? 0) / 4;
      const read = members[index]?.type.name === 'f32' ? floats : words;
      expect([...read.subarray(at, at + wide(index))], key).toEqual([values[key]].flat());
    }
  });

  it('every kernel declares them as they are packed, and uniforms fit their address space', () => {
    const declared = new Map(
      [...structs.map(([, struct]) => struct), stateStruct as unknown as Struct].map((struct) => [
        struct.wgsl,
        struct,
      ]),
    );
    for (const { source } of composedKernels()) {
      for (const [text, name] of source.wgsl.matchAll(/^struct (\w+) \{[^}]*\}/gm)) {
        if (['Found', 'Grid', 'Threshold'].includes(name as string)) continue;
        expect(declared.has(text), `${source.name}: struct ${name}`).toBe(true);
      }
    }
  });
});

describe('packers', () => {
  it('of the state give each column its place', () => {
    const words = packState([
      { sequence: 3, token: 17, length: 5, draw: 2 },
      { sequence: 1, token: 9, length: 8, draw: 4 },
    ]);
    const { headerSize, columnSize, position, contextLength, running } = stateLayout;
    expect(words[running]).toBe(2);
    expect([...words.subarray(headerSize)]).toEqual([17, 4, 0, 2, 3, 0, 5, 9, 7, 0, 4, 1, 0, 8]);
    expect(words[headerSize + columnSize + position]).toBe(7);
    expect(words[headerSize + columnSize + contextLength]).toBe(8);
  });

  it('of a run keep as many ids that end a text as there is room for', () => {
    const eosTokenIds = Array.from({ length: 12 }, (_, id) => id + 100);
    const words = packRun({ alternatives: 2, ringRecords: 64, sampled: true, drawable: 60, eosTokenIds });
    expect([...words]).toEqual([2, 64, 1, 60, 8, 0, 0, 0, ...eosTokenIds.slice(0, 8)]);
  });

  it('refuse more numbers than a field holds, and arrays that uniforms cannot hold', () => {
    expect(() => summaryStruct.pack({ top: [1, 2] as unknown as number, first: 0 })).toThrow('a field of 1');
    expect(() => defineStruct('A', { a: ['array<u32, 4>', ''] })).toThrow('uniform');
  });
});
