import { VitrineError } from '../../lib/index.ts';
import type { CharacterVocabulary } from '../types.ts';
import { shown } from './header-json.ts';
import { readPickle } from './pickle.ts';
import { PickleFault, type PickleHost, type PickleValue } from './pickle-machine.ts';

/** Unicode has no more characters than this. */
const maxCharacters = 1_114_112;

/** Allows plain values only: no classes, functions or external references. */
const plainHost: PickleHost = {
  allows: () => false,
  call: () => null,
  persistent: () => {
    throw new PickleFault('it refers to something outside of it');
  },
};

/**
 * nanoGPT's meta.pkl: a pickle of {vocab_size, itos, stoi} for a vocabulary of characters. Nothing in it is executed.
 * Throws `unsupported-format`.
 */
export function readCharacterVocabulary(bytes: Uint8Array, file: string): CharacterVocabulary {
  try {
    const { value } = readPickle(bytes, 0, plainHost);
    const get = (key: string): PickleValue | undefined => (value instanceof Map ? value.get(key) : undefined);
    const [stoi, itos] = [entriesOf(get('stoi'), 'stoi'), entriesOf(get('itos'), 'itos')];
    return {
      stoi: Object.fromEntries(stoi.map(([text, id]) => [textOf(text), idOf(id)])),
      itos: Object.fromEntries(itos.map(([id, text]) => [idOf(id), textOf(text)])),
    };
  } catch (cause) {
    if (!(cause instanceof PickleFault)) throw cause;
    throw new VitrineError(
      'unsupported-format',
      `${file} cannot be read as nanoGPT's vocabulary of characters: ${cause.message}. Write it again with nanoGPT's prepare.py, or leave it out and use token ids.`,
      { cause },
    );
  }
}

function entriesOf(value: PickleValue | undefined, key: string): [PickleValue, PickleValue][] {
  if (!(value instanceof Map)) throw new PickleFault(`it has no ${key}`);
  if (value.size > maxCharacters) throw new PickleFault(`its ${key} has ${value.size} entries`);
  return [...value];
}

function textOf(value: PickleValue): string {
  if (typeof value === 'string' && value.length > 0 && value.length <= 64) return value;
  throw new PickleFault(`it holds ${shown(String(value))} where a character should be`);
}

function idOf(value: PickleValue): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < maxCharacters)
    return value;
  throw new PickleFault(`it holds ${shown(String(value))} where an id should be`);
}
