import { type BytePairModel, createByteLevelTokenizer } from './byte-level.ts';
import { type JsonObject, mismatch, parseObject, property, quote, unsupported } from './json.ts';
import { loadR50kModel, r50kSize } from './r50k.ts';
import { AddedTokens, endOfText, namedTokenId } from './special-tokens.ts';
import { readTokenizerJson, type TokenizerJson } from './tokenizer-json.ts';
import type { Tokenizer } from './types.ts';
import { readMergesText, readVocabulary, resolveMerges, type Vocabulary } from './vocabulary.ts';

/** The texts of a repository's tokenizer files; whichever it has. */
export interface TokenizerFiles {
  tokenizerJson?: string;
  vocabJson?: string;
  mergesTxt?: string;
  tokenizerConfigJson?: string;
  specialTokensMapJson?: string;
  addedTokensJson?: string;
}

/** What is known of the model beside its tokenizer files. */
export interface TokenizerHints {
  /** Rows of the embedding. GPT-2's own tokenizer stands in for missing files only where they fit it. */
  vocabSize?: number;
}

/** Rows are often rounded up to a multiple of 64 or 128. */
const mostOwnRows = 50304;

/** Classes whose vocab.json and merges.txt are byte-level BPE; others use the same file names for other things. */
const byteLevelClass = /^(GPT2|GPTNeoX|Roberta|Bart|Longformer|LED|CodeGen|PreTrained|Tokenizers)\w*$/;

function plain(model: BytePairModel): TokenizerJson {
  return { model, addedTokens: undefined, addPrefixSpace: false, splitWords: true, before: [], after: [] };
}

function refuseOtherClasses(config: JsonObject): void {
  const name = property(config, 'tokenizer_class');
  if (typeof name === 'string' && !byteLevelClass.test(name))
    throw unsupported(`tokenizer_config.json names the tokenizer ${quote(name)}.`);
}

/** GPT-2's own merges for a vocab.json that came without any. */
async function ownMerges(vocabulary: Vocabulary): Promise<BytePairModel> {
  const missing = 'vocab.json came without merges.txt';
  if (vocabulary.idOf.size !== r50kSize)
    throw mismatch(`${missing}, and its ${vocabulary.idOf.size} tokens are not GPT-2's.`);
  const model = await loadR50kModel();
  for (const [token, id] of vocabulary.idOf)
    if (model.vocabulary.idOf.get(token) !== id)
      throw mismatch(`${missing}, and its token ${quote(token)} is not GPT-2's token ${id}.`);
  return model;
}

/** GPT-2's own model for a repository without tokenizer files. */
function withoutFiles({ vocabSize }: TokenizerHints): Promise<BytePairModel> {
  if (vocabSize !== undefined && (vocabSize < r50kSize || vocabSize > mostOwnRows))
    throw mismatch(
      `The model has no tokenizer files, and its ${vocabSize} tokens are not GPT-2's ${r50kSize}.`,
    );
  return loadR50kModel();
}

/** The model and its settings from the first of: tokenizer.json, vocab.json with merges.txt, GPT-2's own. */
async function readBase(
  files: TokenizerFiles,
  config: JsonObject,
  hints: TokenizerHints,
): Promise<TokenizerJson> {
  if (files.tokenizerJson !== undefined)
    return readTokenizerJson(parseObject(files.tokenizerJson, 'tokenizer.json'));
  refuseOtherClasses(config);
  if (files.vocabJson === undefined) {
    if (files.mergesTxt !== undefined) throw mismatch('merges.txt came without vocab.json.');
    return plain(await withoutFiles(hints));
  }
  const vocabulary = readVocabulary(parseObject(files.vocabJson, 'vocab.json'), 'vocab.json');
  if (files.mergesTxt === undefined) return plain(await ownMerges(vocabulary));
  const merges = resolveMerges(readMergesText(files.mergesTxt), vocabulary);
  return plain({ vocabulary, merges, unknownId: undefined, fuseUnknown: false, ignoreMerges: false });
}

function optional(text: string | undefined, file: string): JsonObject {
  return text === undefined ? {} : parseObject(text, file);
}

/**
 * The tokenizer that a repository's files describe; with no files at all, GPT-2's own where
 * the hints allow it (see {@link createR50kTokenizer}). tokenizer.json comes before vocab.json with merges.txt. Compare `size` with the
 * rows of the embedding: a vocabulary may be smaller, and is useless when larger.
 * @throws VitrineError `unsupported-format` for anything but byte-level BPE; `tokenizer-mismatch` where the files
 * are broken or contradict each other.
 */
export async function createTokenizer(files: TokenizerFiles, hints: TokenizerHints = {}): Promise<Tokenizer> {
  const config = optional(files.tokenizerConfigJson, 'tokenizer_config.json');
  const map = optional(files.specialTokensMapJson, 'special_tokens_map.json');
  const base = await readBase(files, config, hints);
  const tokens = new AddedTokens(base.model.vocabulary);
  tokens.addList(base.addedTokens, 'tokenizer.json');
  tokens.addTable(optional(files.addedTokensJson, 'added_tokens.json'), 'added_tokens.json');
  tokens.addDecoder(property(config, 'added_tokens_decoder'), 'tokenizer_config.json');
  tokens.addNamed(map, 'special_tokens_map.json');
  tokens.addNamed(config, 'tokenizer_config.json');
  tokens.markSpecial(endOfText, 'vocab.json');
  const configs = [config, map];
  const bos =
    property(config, 'add_bos_token') === true ? namedTokenId('bos_token', configs, tokens) : undefined;
  const before = bos === undefined || base.before[0] === bos ? base.before : [bos, ...base.before];
  for (const id of [...before, ...base.after])
    if (!tokens.has(id)) throw mismatch(`tokenizer.json puts the id ${id} around texts; no token has it.`);
  const prefix = property(config, 'add_prefix_space');
  return createByteLevelTokenizer(base.model, {
    added: tokens.list,
    eosTokenId: namedTokenId('eos_token', configs, tokens),
    addPrefixSpace: typeof prefix === 'boolean' ? prefix : base.addPrefixSpace,
    splitWords: base.splitWords,
    before,
    after: base.after,
  });
}

/** GPT-2's own tokenizer, for models whose tokenizer files are missing: 50,257 tokens, end-of-text 50256. */
export function createR50kTokenizer(): Promise<Tokenizer> {
  return createTokenizer({});
}
