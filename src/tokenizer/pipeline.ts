import { Tokenizer as Pipeline } from '@huggingface/tokenizers';
import { type AddedToken, createSplitter } from './added-tokens.ts';
import { isObject, type JsonObject, mismatch, property, quote, unsupported } from './json.ts';
import { readNormalizer } from './normalizers.ts';
import { checkPattern } from './patterns.ts';
import { readPieces } from './pieces.ts';
import { adaptPreTokenizer } from './pre-tokenizers.ts';
import { steps } from './steps.ts';
import { decoding } from './stream.ts';
import type { Tokenizer } from './types.ts';
import type { Vocabulary } from './vocabulary.ts';

/** What surrounds the model: tokens found in the text as a whole, and ids that go before every text. */
export interface PipelineSurroundings {
  readonly vocabulary: Vocabulary;
  readonly added: readonly AddedToken[];
  readonly eosTokenId: number | undefined;
  readonly before: readonly number[];
  readonly notices: readonly string[];
}

type Normalize = (text: string) => string;
/** Text to words; only the first section of a text may get a prefix under some settings. */
type Split = (text: string, section: number) => string[];
type Model = (words: string[]) => number[];

const modelTypes = new Set(['BPE', 'WordPiece', 'WordLevel', 'Unigram']);

function modelOf(root: JsonObject): { type: string; model: JsonObject } {
  const model = property(root, 'model');
  if (!isObject(model)) throw mismatch('tokenizer.json has no model.');
  const type = property(model, 'type') ?? (Array.isArray(property(model, 'vocab')) ? 'Unigram' : 'BPE');
  if (typeof type !== 'string' || !modelTypes.has(type))
    throw unsupported(`tokenizer.json holds a ${quote(type)} model.`);
  if (property(model, 'dropout')) throw unsupported('tokenizer.json sets the model option dropout.');
  return { type, model };
}

/** The library's parts. It has no WordLevel model, and the normalizer's steps, the decoder and the template are ours. */
function openPipeline(root: JsonObject, type: string, model: JsonObject): Pipeline {
  for (const step of steps(property(root, 'pre_tokenizer'), 'pretokenizers', 'pre-tokenizer'))
    checkPattern(step);
  const parts = {
    normalizer: null,
    pre_tokenizer: adaptPreTokenizer(property(root, 'pre_tokenizer')),
    model: type === 'WordLevel' ? { type: 'WordPiece', vocab: {}, unk_token: '' } : { ...model, type },
    post_processor: null,
    decoder: null,
    added_tokens: [],
  };
  try {
    return new Pipeline(parts, {});
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw unsupported(`tokenizer.json cannot be used: ${reason.slice(0, 200)}.`, cause);
  }
}

/** The library leaves a metaspaced text whole; the Rust library cuts it before every mark. */
function metaspaceSplitter(root: JsonObject): (words: string[]) => string[] {
  const list = steps(property(root, 'pre_tokenizer'), 'pretokenizers', 'pre-tokenizer');
  const step = list.find((each) => property(each, 'type') === 'Metaspace');
  if (!step || property(step, 'split') === false) return (words) => words;
  const mark = property(step, 'replacement');
  const cut = typeof mark === 'string' && mark.length === 1 ? mark : '▁';
  return (words) =>
    words.flatMap((word) =>
      word.split(cut).flatMap((part, index) => (index > 0 ? cut + part : part === '' ? [] : part)),
    );
}

function splitterOf(root: JsonObject, pipeline: Pipeline): Split {
  const splitter = pipeline.pre_tokenizer;
  const cut = metaspaceSplitter(root);
  return (text, section) =>
    splitter ? cut(splitter.pre_tokenize(text, { section_index: section })) : [text];
}

/** Words that are single tokens. */
function wordLevel(model: JsonObject, vocabulary: Vocabulary): Model {
  const name = property(model, 'unk_token');
  const unknown = typeof name === 'string' ? vocabulary.idOf.get(name) : undefined;
  return (words) => words.flatMap((word) => vocabulary.idOf.get(word) ?? unknown ?? []);
}

function modelFunction(pipeline: Pipeline, type: string, model: JsonObject, vocabulary: Vocabulary): Model {
  if (type === 'WordLevel') return wordLevel(model, vocabulary);
  const inner = pipeline.model;
  if (!inner) throw mismatch('tokenizer.json has no model.');
  return (words) =>
    inner._call(words).flatMap((token) => inner.tokens_to_ids.get(token) ?? inner.unk_token_id ?? []);
}

function createEncoder(normalize: Normalize, split: Split, model: Model, around: PipelineSurroundings) {
  const raw = createSplitter(around.added.filter((token) => !token.normalized));
  // Normalized tokens are looked for in the normalized text.
  const normal = createSplitter(
    around.added
      .filter((token) => token.normalized)
      .map((token) => ({ ...token, content: normalize(token.content) })),
  );
  return (text: string): number[] => {
    const ids = [...around.before];
    let section = 0;
    for (const outer of raw(text)) {
      if (typeof outer !== 'string') {
        ids.push(outer.id);
        section++;
        continue;
      }
      for (const inner of normal(normalize(outer))) {
        if (typeof inner !== 'string') ids.push(inner.id);
        else for (const id of model(split(inner, section))) ids.push(id);
        section++;
      }
    }
    return ids;
  };
}

/**
 * A {@link Tokenizer} of any kind that a tokenizer.json describes, on the parts of `@huggingface/tokenizers`.
 * @throws VitrineError `unsupported-format` naming what is not known, `tokenizer-mismatch` where the file is broken
 */
export function createPipelineTokenizer(root: JsonObject, around: PipelineSurroundings): Tokenizer {
  const { type, model } = modelOf(root);
  const pipeline = openPipeline(root, type, model);
  const normalize = readNormalizer(root);
  const tokenOf = new Map(around.vocabulary.tokenOf);
  for (const { id, content } of around.added) tokenOf.set(id, content);
  const encode = createEncoder(
    normalize,
    splitterOf(root, pipeline),
    modelFunction(pipeline, type, model, around.vocabulary),
    around,
  );
  const special = new Set(around.added.filter((token) => token.special).map((token) => token.id));
  return {
    kind: type,
    notices: around.notices,
    size: [...tokenOf.keys()].reduce((most, id) => Math.max(most, id), -1) + 1,
    eosTokenId: around.eosTokenId,
    before: around.before,
    encode: (text) => {
      try {
        return encode(text);
      } catch (cause) {
        throw mismatch(`tokenizer.json's ${type} model cannot encode ${quote(text)}.`, cause);
      }
    },
    isSpecial: (id) => special.has(id),
    ...decoding(readPieces(property(root, 'decoder'), tokenOf)),
  };
}
