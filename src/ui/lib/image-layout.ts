import { tokenOffsets, type Version, versionText } from '../state/document.ts';

/** A stretch of a line with one token's shading. Lengths are in the units of the measure. */
export interface Mark {
  token: number;
  x: number;
  width: number;
}

export interface ImageLine {
  text: string;
  marks: readonly Mark[];
}

export type Measure = (text: string) => number;

/** Offsets at which lines begin and end: broken after spaces, at line ends, and inside words too long for a line. */
function breakLines(text: string, width: number, measure: Measure): [number, number][] {
  const lines: [number, number][] = [];
  let from = 0;
  let at = 0;
  const close = (to: number) => {
    lines.push([from, to]);
    from = to;
  };
  for (const [unit] of text.matchAll(/\n|[^\s]+[^\S\n]*|[^\S\n]+/gu)) {
    if (unit === '\n') {
      lines.push([from, at]);
      from = at + 1;
    } else {
      if (at > from && measure(text.slice(from, at) + unit.trimEnd()) > width) close(at);
      if (measure(unit.trimEnd()) > width) {
        let end = at;
        for (const character of unit) {
          if (end > from && measure(text.slice(from, end + character.length)) > width) close(end);
          end += character.length;
        }
      }
    }
    at += unit.length;
  }
  lines.push([from, text.length]);
  return lines;
}

/**
 * Sets a text into lines, and says where on them each token lies.
 * @param measure width of a text as it will be drawn; a line is drawn whole, so that letters join as they should
 */
export function layoutText(version: Version, width: number, measure: Measure): ImageLine[] {
  const text = versionText(version);
  const offsets = tokenOffsets(version.tokens);
  let token = 0;
  return breakLines(text, width, measure).map(([from, to]) => {
    const marks: Mark[] = [];
    while (token > 0 && (offsets[token] ?? 0) > from) token -= 1;
    for (; token < version.tokens.length && (offsets[token] ?? to) < to; token += 1) {
      const begin = Math.max(from, offsets[token] ?? to);
      const end = Math.min(to, offsets[token + 1] ?? to);
      if (end <= begin) continue;
      const x = measure(text.slice(from, begin));
      marks.push({ token, x, width: measure(text.slice(from, end)) - x });
    }
    return { text: text.slice(from, to), marks };
  });
}

/** True where a text's first letter with a direction goes from right to left. */
export function isRightToLeft(text: string): boolean {
  const first = /\p{L}/u.exec(text)?.[0] ?? '';
  return /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u.test(first);
}
