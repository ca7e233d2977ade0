import type { Model } from '../../engine/index.ts';
import { VitrineError } from '../../lib/index.ts';
import { tokenizeTail, type Version } from './document.ts';
import { textPieces } from './token-texts.ts';
import type { LoadedModel } from './types.ts';

type TextModel = Pick<Model, 'card' | 'config' | 'dtype' | 'encode' | 'decode'>;

/** True for a model without a tokenizer: its text on the page is token ids, such as [12][7]. */
export function takesIds(model: Pick<LoadedModel, 'card' | 'dtype'>): boolean {
  // A model on a server has no card.
  return model.dtype !== 'remote' && model.card?.tokenizer.kind === 'none';
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

/** Gives typed text its ids, and what a server wrote without telling them. */
export function tokenize(version: Version, model: TextModel): Version {
  const known = withKnownIds(version);
  if (!known.tail) return known;
  const { ids, pieces } = encodeText(model, known.tail);
  return tokenizeTail(known, ids, pieces);
}

/** From the first token without an id on, the text as if it had been typed. */
function withKnownIds(version: Version): Version {
  const at = version.tokens.findIndex(({ id }) => id < 0);
  if (at < 0) return version;
  const text = version.tokens.slice(at).map((token) => token.text);
  return { ...version, tokens: version.tokens.slice(0, at), tail: text.join('') + version.tail };
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
