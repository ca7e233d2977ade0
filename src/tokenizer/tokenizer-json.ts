import type { BytePairModel } from './byte-level.ts';
import { isObject, type JsonObject, mismatch, property, quote, readId, unsupported } from './json.ts';
import { readMergesList, readVocabulary, resolveMerges } from './vocabulary.ts';

const file = 'tokenizer.json';

/** What a tokenizer.json says beside its model. */
export interface TokenizerJson {
  readonly model: BytePairModel;
  readonly addedTokens: unknown;
  readonly addPrefixSpace: boolean;
  readonly splitWords: boolean;
  readonly before: readonly number[];
  readonly after: readonly number[];
}

const deepestSequence = 8;

/** The steps of a part: itself, or those of its `Sequence`; none when it is null. */
function steps(part: unknown, listKey: string, what: string, depth = 0): JsonObject[] {
  if (depth > deepestSequence) throw mismatch(`${file} nests its ${what} ${depth} deep.`);
  if (part === undefined || part === null) return [];
  if (!isObject(part)) throw mismatch(`${file} has a ${what} that is no object: ${quote(part)}.`);
  if (property(part, 'type') !== 'Sequence') return [part];
  const list = property(part, listKey);
  if (!Array.isArray(list)) throw mismatch(`${file} has a ${what} sequence without ${listKey}.`);
  return list.flatMap((entry) => steps(entry, listKey, what, depth + 1));
}

function refuse(what: string, step: JsonObject): never {
  throw unsupported(`${file} uses the ${what} ${quote(property(step, 'type'))}.`);
}

/** Options that GPT-2's BPE leaves off; each changes the ids. */
function refuseOptions(model: JsonObject): void {
  const type = property(model, 'type') ?? 'BPE';
  if (type !== 'BPE') throw unsupported(`${file} holds a ${quote(type)} model.`);
  for (const key of ['dropout', 'continuing_subword_prefix', 'end_of_word_suffix', 'byte_fallback']) {
    const value = property(model, key);
    if (value) throw unsupported(`${file} sets the model option ${key} to ${quote(value)}.`);
  }
}

function readModel(root: JsonObject): BytePairModel {
  const model = property(root, 'model');
  if (!isObject(model)) throw mismatch(`${file} has no model.`);
  refuseOptions(model);
  const vocabulary = readVocabulary(property(model, 'vocab'), file);
  const merges = resolveMerges(readMergesList(property(model, 'merges')), vocabulary);
  const unknown = property(model, 'unk_token');
  const unknownId = typeof unknown === 'string' ? vocabulary.idOf.get(unknown) : undefined;
  return {
    vocabulary,
    merges,
    unknownId,
    fuseUnknown: property(model, 'fuse_unk') === true,
    ignoreMerges: property(model, 'ignore_merges') === true,
  };
}

function readPreTokenizer(root: JsonObject): { addPrefixSpace: boolean; splitWords: boolean } {
  const [step, second] = steps(property(root, 'pre_tokenizer'), 'pretokenizers', 'pre-tokenizer');
  if (!step) throw unsupported(`${file} has no pre-tokenizer.`);
  if (property(step, 'type') !== 'ByteLevel') refuse('pre-tokenizer', step);
  if (second) refuse('second pre-tokenizer', second);
  return {
    addPrefixSpace: property(step, 'add_prefix_space') === true,
    splitWords: property(step, 'use_regex') !== false,
  };
}

/** A template names one token or two; more than this is no template. */
const mostTemplateIds = 16;

/** The ids of one special token of a template. */
function templateIds(step: JsonObject, piece: JsonObject): number[] {
  const name = property(piece, 'id');
  const table = property(step, 'special_tokens');
  const entry = isObject(table) && typeof name === 'string' ? property(table, name) : undefined;
  const ids: unknown = isObject(entry) ? property(entry, 'ids') : undefined;
  if (!Array.isArray(ids) || ids.length === 0 || ids.length > mostTemplateIds)
    throw mismatch(`${file} has a template that names ${quote(name)} without its ids.`);
  return ids.map((id: unknown) => readId(id, String(name), file));
}

/** What the template for one text puts before and after it. */
function readTemplate(root: JsonObject): { before: number[]; after: number[] } {
  const before: number[] = [];
  const after: number[] = [];
  for (const step of steps(property(root, 'post_processor'), 'processors', 'post-processor')) {
    const type = property(step, 'type');
    if (type === 'ByteLevel') continue;
    const single = property(step, 'single');
    if (type !== 'TemplateProcessing' || !Array.isArray(single)) refuse('post-processor', step);
    let side = before;
    for (const piece of single) {
      const token = isObject(piece) ? property(piece, 'SpecialToken') : undefined;
      if (isObject(token)) side.push(...templateIds(step, token));
      else side = after;
    }
  }
  return { before, after };
}

/**
 * Reads a parsed tokenizer.json.
 * @throws VitrineError `unsupported-format` for anything but byte-level BPE, `tokenizer-mismatch` where the file
 * contradicts itself.
 */
export function readTokenizerJson(root: JsonObject): TokenizerJson {
  for (const step of steps(property(root, 'normalizer'), 'normalizers', 'normalizer'))
    refuse('normalizer', step);
  for (const step of steps(property(root, 'decoder'), 'decoders', 'decoder'))
    if (property(step, 'type') !== 'ByteLevel') refuse('decoder', step);
  const preTokenizer = readPreTokenizer(root);
  const model = readModel(root);
  return { model, addedTokens: property(root, 'added_tokens'), ...preTokenizer, ...readTemplate(root) };
}
