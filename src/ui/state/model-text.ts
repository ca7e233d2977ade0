import type { Model } from '../../engine/index.ts';
import { VitrineError } from '../../lib/index.ts';
import { tokenizeTail, type Version } from './document.ts';
import { textPieces } from './token-texts.ts';

type TextModel = Pick<Model, 'card' | 'config' | 'encode' | 'decode'>;

/** True for a model without a tokenizer: its text on the page is token ids, such as [12][7]. */
export function takesIds({ card }: Pick<Model, 'card'>): boolean {
  return card.tokenizer.kind === 'none';
}

/** The text of ids as the page shows it. */
export function decodeIds(model: TextModel, ids: readonly number[]): string {
  return takesIds(model) ? ids.map((id) => `[${id}]`).join('') : model.decode([...ids]);
}

/**
 * Ids of a typed text, and the piece of the text that each stands for.
 * @throws VitrineError `tokenizer-missing` where a model without a tokenizer is given anything but ids
 */
export function encodeText(model: TextModel, text: string): { ids: number[]; pieces: string[] } {
  if (takesIds(model)) return readIds(text, model.config.vocabSize);
  const ids = model.encode(text);
  return { ids, pieces: textPieces(text, ids, (some) => model.decode(some)) };
}

/** Gives typed text its ids. */
export function tokenize(version: Version, model: TextModel): Version {
  if (!version.tail) return version;
  const { ids, pieces } = encodeText(model, version.tail);
  return tokenizeTail(version, ids, pieces);
}

/** Reads `[12][7]`, `12 7` or `12, 7`. */
function readIds(text: string, vocabSize: number): { ids: number[]; pieces: string[] } {
  const pieces = text.match(/[\s,[\]]*\d+[\s,\]]*/g) ?? [];
  const ids = pieces.map((piece) => Number(/\d+/.exec(piece)?.[0]));
  const wrong = /[^\d\s,[\]]+/.exec(text)?.[0] ?? ids.find((id) => id >= vocabSize);
  if (wrong !== undefined)
    throw new VitrineError(
      'tokenizer-missing',
      `“${String(wrong).slice(0, 40)}” is no token id. This model has no tokenizer: write ids from 0 to ${vocabSize - 1}, such as [12][7] or 12 7.`,
    );
  return { ids, pieces };
}
