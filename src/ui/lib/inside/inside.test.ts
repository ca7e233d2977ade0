import { describe, expect, it } from 'vitest';
import { fakeBackend } from '../../state/fake-engine.ts';
import { fakeEnvironment } from '../../state/fake-environment.ts';
import type { InsideTab, Question } from '../../state/inside-types.ts';
import { bundledModel, requestFor } from '../../state/load-request.ts';
import { createPage, type Page } from '../../state/page.ts';
import { csvOf } from '../export-csv.ts';
import { arrayOf, toNpy, toSafetensors } from './arrays.ts';
import { writeInsideCode } from './code.ts';
import { findingOf } from './finding.ts';
import { barsSvg, gridSvg } from './picture.ts';

const bytesOf = async (blob: Blob) => new DataView(await blob.arrayBuffer());
const textOf = (view: DataView, from: number, length: number) =>
  new TextDecoder().decode(new Uint8Array(view.buffer, from, length));

describe('arrays as files', () => {
  it('are what NumPy reads', async () => {
    const view = await bytesOf(
      toNpy(
        arrayOf('grid', [
          [1, 2, 3],
          [4, 5, -6.5],
        ]),
      ),
    );
    expect(textOf(view, 1, 5)).toBe('NUMPY');
    expect([view.getUint8(0), view.getUint8(6), view.getUint8(7)]).toEqual([0x93, 1, 0]);
    const length = view.getUint16(8, true);
    expect((10 + length) % 64).toBe(0);
    expect(textOf(view, 10, length)).toMatch(
      /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2, 3\), \} *\n$/,
    );
    const values = Array.from({ length: 6 }, (_, i) => view.getFloat32(10 + length + 4 * i, true));
    expect(values).toEqual([1, 2, 3, 4, 5, -6.5]);
    const line = await bytesOf(toNpy({ name: 'line', shape: [2], data: Float32Array.of(1, 2) }));
    expect(textOf(line, 10, 70)).toContain("'shape': (2,)");
  });

  it('are what safetensors reads', async () => {
    const view = await bytesOf(
      toSafetensors([{ name: 'a', shape: [1], data: Float32Array.of(7) }, arrayOf('b "x"', [[1, 2]])]),
    );
    const length = Number(view.getBigUint64(0, true));
    expect(length % 8).toBe(0);
    expect(JSON.parse(textOf(view, 8, length))).toEqual({
      a: { dtype: 'F32', shape: [1], data_offsets: [0, 4] },
      'b "x"': { dtype: 'F32', shape: [1, 2], data_offsets: [4, 12] },
    });
    expect(view.byteLength).toBe(8 + length + 12);
    expect(view.getFloat32(8 + length + 8, true)).toBe(2);
  });
});

describe('pictures', () => {
  const nasty = '<script>&"\u0000';

  it('hold every text as text', () => {
    const grid = {
      ...{ rowLabels: [nasty], columnLabels: [nasty], minCell: 200, maxCell: 200 },
      value: () => -0.5,
      text: () => nasty,
    };
    for (const svg of [gridSvg(nasty, grid), barsSvg(nasty, [{ name: nasty, value: 1 }])]) {
      expect(svg).toContain('&lt;script>&amp;"�');
      expect(svg).not.toMatch(/<script|\p{Cc}(?<!\n)/u);
    }
    expect(gridSvg('x', grid)).toContain('fill="#2f6f9f" fill-opacity="0.310"');
  });
});

describe('what a view has found', () => {
  const asked: [InsideTab, Question, string, RegExp][] = [
    ['attention', 'view', 'head,previous_token,duplicate_token,induction', /model\.heads\(ids\)/],
    ['lens', 'view', 'layers,position,token,rank,id,text,probability', /logitLens: \{ top: 5 \}/],
    ['off', 'ablation', 'part,effect', /model\.ablate\(ids, \{ target: \d+, foil: \d+ \}\)/],
    ['off', 'odds', 'id,text,before,after', /model\.run\(ids, \{\}\)/],
    ['patch', 'patch', 'layer,position,value', /clean: "there is"/],
    ['attribute', 'attribution', 'part,value', /model\.attribution\(ids/],
    ['steer', 'odds', 'id,text,before,after', /op: 'add', value/],
  ];

  async function askedPage(tab: InsideTab, question: Question): Promise<Page> {
    const page = createPage(fakeBackend({}), fakeEnvironment({}));
    await page.actions.load(requestFor(bundledModel));
    page.actions.edit('there was');
    await page.actions.scored();
    page.actions.setInside({
      tab,
      clean: 'there is',
      steering: { plus: 'a', minus: 'b', layer: 0, strength: 1 },
    });
    await page.actions.ask(question);
    return page;
  }

  it.each(asked)(
    'in %s, asked for %s, is a table, arrays, a picture and a program',
    async (tab, question, head, call) => {
      const page = await askedPage(tab, question);
      const state = page.store.getState();
      const finding = findingOf(state, page.decode);
      if (!finding) throw new Error(state.inside.problem ?? 'nothing was found');
      const rows = finding.rows();
      expect(csvOf(finding.columns, rows).split('\r\n')[0]).toBe(head);
      expect(rows.length).toBeGreaterThan(0);
      expect(rows.every((row) => row.length === finding.columns.length)).toBe(true);
      for (const { shape, data } of finding.arrays())
        expect(data.length).toBe(shape.reduce((all, size) => all * size, 1));
      expect(finding.picture()).toMatch(/^<svg [^>]*>.*<\/svg>$/s);
      const code = writeInsideCode('https://host/page/', state);
      expect(code).toContain('import { loadModel } from "https://host/page/vitrine.js";');
      expect(code).toMatch(call);
    },
  );

  it('is nothing before a question is asked', async () => {
    const page = await askedPage('lens', 'view');
    page.actions.setInside({ tab: 'attribute' });
    expect(findingOf(page.store.getState(), page.decode)).toBeNull();
  });
});
