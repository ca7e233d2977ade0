import type { BytePairModel } from './byte-level.ts';
import { isObject, type JsonObject, mismatch, property } from './json.ts';
import { steps } from './steps.ts';
import {
  checkBytes,
  readMergesList,
  readPieceList,
  readTokens,
  resolveMerges,
  type Vocabulary,
} from './vocabulary.ts';

const file = 'tokenizer.json';

/** GPT-2's byte-level BPE, and how it prepares a text. */
export interface ByteLevelSetup {
  readonly model: BytePairModel;
  readonly addPrefixSpace: boolean;
  readonly splitWords: boolean;
}

/** Options that GPT-2's BPE leaves off; each changes the ids. */
const otherOptions = ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix', 'byte_fallback'];

function modelOf(root: JsonObject): JsonObject {
  const model = property(root, 'model');
  if (!isObject(model)) throw mismatch(`${file} has no model.`);
  return model;
}

const typeOf = (step: JsonObject) => property(step, 'type');

/** Whether a tokenizer.json describes GPT-2's kind: byte symbols, merges, and nothing before them. */
export function isByteLevel(root: JsonObject): boolean {
  const model = modelOf(root);
  const splitters = steps(property(root, 'pre_tokenizer'), 'pretokenizers', 'pre-tokenizer');
  const decoders = steps(property(root, 'decoder'), 'decoders', 'decoder');
  return (
    (typeOf(model) ?? 'BPE') === 'BPE' &&
    !Array.isArray(property(model, 'vocab')) &&
    !otherOptions.some((key) => property(model, key)) &&
    steps(property(root, 'normalizer'), 'normalizers', 'normalizer').length === 0 &&
    splitters.length === 1 &&
    splitters.every((step) => typeOf(step) === 'ByteLevel') &&
    decoders.every((step) => typeOf(step) === 'ByteLevel')
  );
}

/** The vocabulary of a tokenizer.json of any kind. @throws VitrineError `tokenizer-mismatch` */
export function readModelVocabulary(root: JsonObject): Vocabulary {
  const vocab = property(modelOf(root), 'vocab');
  return Array.isArray(vocab) ? readPieceList(vocab, file) : readTokens(vocab, file);
}

/**
 * Reads a tokenizer.json for which {@link isByteLevel} is true.
 * @throws VitrineError `tokenizer-mismatch` where the file contradicts itself.
 */
export function readByteLevel(root: JsonObject): ByteLevelSetup {
  const model = modelOf(root);
  const vocabulary = checkBytes(readTokens(property(model, 'vocab'), file), file);
  const unknown = property(model, 'unk_token');
  const [step] = steps(property(root, 'pre_tokenizer'), 'pretokenizers', 'pre-tokenizer');
  return {
    model: {
      vocabulary,
      merges: resolveMerges(readMergesList(property(model, 'merges')), vocabulary),
      unknownId: typeof unknown === 'string' ? vocabulary.idOf.get(unknown) : undefined,
      fuseUnknown: property(model, 'fuse_unk') === true,
      ignoreMerges: property(model, 'ignore_merges') === true,
    },
    addPrefixSpace: property(step ?? {}, 'add_prefix_space') === true,
    splitWords: property(step ?? {}, 'use_regex') !== false,
  };
}
