import { describe, expect, it } from 'vitest';
import type { TextToken } from '../state/document.ts';
import { fakeBackend } from '../state/fake-engine.ts';
import { fakeEnvironment } from '../state/fake-environment.ts';
import { createPage } from '../state/page.ts';
import { drawRun, type Pen } from './export-image.ts';
import { isRightToLeft, layoutText } from './image-layout.ts';

const measure = (text: string) => text.length * 10;

function version(texts: string[], logprob = Math.log(0.03)) {
  const tokens = texts.map((text, id): TextToken => {
    return { id, text, origin: 'model', logprob, alternatives: null };
  });
  return { id: 'v', tokens, tail: '', run: null };
}

/** A pen that writes down what it is told. */
function recorder() {
  const texts: string[] = [];
  const boxes: { style: unknown; x: number; width: number }[] = [];
  const pen: Pen = {
    fillStyle: '',
    font: '',
    direction: 'ltr',
    textAlign: 'left',
    scale: () => {},
    measureText: (text) => ({ width: measure(text) }) as TextMetrics,
    fillText: (text) => void texts.push(text),
    fillRect(x, _y, width) {
      boxes.push({ style: pen.fillStyle, x, width });
    },
  };
  return { pen, texts, boxes };
}

describe('lines of a picture', () => {
  it('hold the whole text, none longer than the width, and every token where its letters are', () => {
    const texts = [
      'Once',
      ' upon',
      ' a',
      ' ti',
      'me',
      ',\n\n',
      'anunbreakablewordthatislong',
      ' end',
      '\u{1f60a}',
    ];
    const lines = layoutText(version(texts), 120, measure);
    expect(lines.map((line) => line.text)).toEqual([
      'Once upon a ',
      'time,',
      '',
      'anunbreakabl',
      'ewordthatisl',
      'ong end\u{1f60a}',
    ]);
    for (const line of lines) {
      expect(measure(line.text.trimEnd())).toBeLessThanOrEqual(120);
      for (const { token, x, width } of line.marks)
        expect(texts[token]).toContain(line.text.slice(x / 10, (x + width) / 10));
      expect(line.marks.reduce((sum, mark) => sum + mark.width, 0)).toBe(measure(line.text));
    }
  });

  it('are none too many for an empty text', () => {
    expect(layoutText(version([]), 100, measure)).toEqual([{ text: '', marks: [] }]);
  });

  it('know texts from right to left', () => {
    expect(isRightToLeft('«كان» a')).toBe(true);
    expect(isRightToLeft('12 a كان')).toBe(false);
    expect(isRightToLeft('')).toBe(false);
  });
});

describe('the picture of a run', () => {
  const stateWith = (texts: string[]) => {
    const state = createPage(fakeBackend(), fakeEnvironment()).store.getState();
    return { ...state, versions: [{ ...version(texts), id: state.current }] };
  };

  it('draws text as text, whatever it says, with its shade', () => {
    const { pen, texts, boxes } = recorder();
    const nasty = '<img src=x onerror="alert(1)">';
    drawRun(stateWith([nasty]), pen).draw(pen);
    expect(texts[0]).toBe(nasty);
    expect(boxes.some(({ style, width }) => style === 'rgb(217 98 43 / 33%)' && width === 300)).toBe(true);
  });

  it('begins at the right where the text does', () => {
    const { pen, boxes } = recorder();
    drawRun(stateWith(['كان']), pen).draw(pen);
    expect(boxes[1]).toMatchObject({ x: 720 - 48 - 30, width: 30 });
  });

  it('ends in time: a text without end is cut and says so', () => {
    const { pen, texts } = recorder();
    const drawing = drawRun(stateWith(['a\n'.repeat(5000)]), pen);
    expect(drawing.height).toBeLessThan(16384);
    drawing.draw(pen);
    expect(texts.at(-2)).toBe('…');
  });
});
