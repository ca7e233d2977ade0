import { SequenceNormalizer } from '@huggingface/tokenizers';
import { charsmapNormalizer } from './charsmap.ts';
import { type JsonObject, mismatch, property, unsupported } from './json.ts';
import { checkPattern } from './patterns.ts';
import { steps } from './steps.ts';

type Normalize = (text: string) => string;
type LibraryStep = ConstructorParameters<typeof SequenceNormalizer>[0]['normalizers'][number];

/** Ideographs beyond the basic plane, which the library's BertNormalizer overlooks. */
const farIdeographs = /[\u{20000}-\u{2a6df}\u{2a700}-\u{2ceaf}\u{2f800}-\u{2fa1f}]/gu;

function bytesOfBase64(text: unknown): Uint8Array {
  try {
    return Uint8Array.from(atob(String(text)), (character) => character.charCodeAt(0));
  } catch (cause) {
    throw mismatch('tokenizer.json has a precompiled_charsmap that is no base64.', cause);
  }
}

function libraryStep(step: JsonObject): Normalize {
  checkPattern(step);
  try {
    const normalizer = new SequenceNormalizer({
      type: 'Sequence',
      normalizers: [step as unknown as LibraryStep],
    });
    // Before nothing the Rust library puts nothing; of the others none makes something of it.
    return (text) => (text === '' ? '' : normalizer.normalize(text));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unsupported(`tokenizer.json cannot be used: ${reason.slice(0, 200)}.`, cause);
  }
}

function normalizerOf(step: JsonObject): Normalize {
  const type = property(step, 'type');
  const charsmap = property(step, 'precompiled_charsmap');
  if (type === 'Precompiled') return charsmap ? charsmapNormalizer(bytesOfBase64(charsmap)) : (text) => text;
  const normalize = libraryStep(step);
  if (type !== 'BertNormalizer' || property(step, 'handle_chinese_chars') === false) return normalize;
  return (text) => normalize(text.replace(farIdeographs, ' $& '));
}

/**
 * The normalizer of a tokenizer.json, its steps one after the other.
 * @throws VitrineError `unsupported-format` for a step that is not known, `tokenizer-mismatch` for a broken one
 */
export function readNormalizer(root: JsonObject): Normalize {
  const list = steps(property(root, 'normalizer'), 'normalizers', 'normalizer').map(normalizerOf);
  return (text) => list.reduce((result, normalize) => normalize(result), text);
}
