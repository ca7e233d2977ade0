import { type BytePairModel, createByteLevelTokenizer } from './byte-level.ts';
import { type CharacterTables, createCharacterTokenizer } from './characters.ts';
import { type JsonObject, mismatch, parseObject, property, quote, unsupported } from './json.ts';
import { createMissingTokenizer } from './missing.ts';
import { pairJson, pairKind, wordPieceJson } from './plain-files.ts';
import { loadR50kModel, r50kSize } from './r50k.ts';
import { AddedTokens, endOfText, namedTokenId } from './special-tokens.ts';
import { readTemplate } from './template.ts';
import { type ByteLevelSetup, isByteLevel, readByteLevel, readModelVocabulary } from './tokenizer-json.ts';
import type { Tokenizer } from './types.ts';
import { checkBytes, readMergesText, readTokens, resolveMerges, type Vocabulary } from './vocabulary.ts';

/** A repository's tokenizer files; whichever it has. */
export interface TokenizerFiles {
  tokenizerJson?: string;
  vocabJson?: string;
  mergesTxt?: string;
  vocabTxt?: string;
  /** `spiece.model` or `tokenizer.model`. */
  sentencePiece?: Uint8Array;
  /** nanoGPT's `meta.pkl`. */
  characters?: CharacterTables;
  tokenizerConfigJson?: string;
  specialTokensMapJson?: string;
  addedTokensJson?: string;
  /** The checkpoint's format comes without tokenizer files and uses GPT-2's, with rows padded up to 50,304. */
  usesGpt2Tokenizer?: boolean;
}

/** What is known of the model beside its tokenizer files. */
export interface TokenizerHints {
  /** Rows of the embedding. GPT-2's own tokenizer stands in for missing files only where they fit it. */
  vocabSize?: number;
}

/** Rows are often rounded up to a multiple of 64 or 128. */
const mostGpt2Rows = 50304;
const gpt2Classes = /^(GPT2|GPTNeoX|Roberta|Bart|Longformer|LED|CodeGen|PreTrained|Tokenizers)\w*$/;

/** A tokenizer before its added and special tokens are known. */
interface Base {
  vocabulary: Vocabulary;
  /** GPT-2's kind, or any other as a tokenizer.json. */
  setup: ByteLevelSetup | JsonObject;
  addedTokens: unknown;
  before: number[];
  notice?: string;
}

function isSetup(setup: Base['setup']): setup is ByteLevelSetup {
  return 'splitWords' in setup;
}

function plain(model: BytePairModel, notice?: string): Base {
  const setup = { model, addPrefixSpace: false, splitWords: true };
  return {
    vocabulary: model.vocabulary,
    setup,
    addedTokens: undefined,
    before: [],
    ...(notice && { notice }),
  };
}

function fromJson(root: JsonObject): Base {
  const common = { addedTokens: property(root, 'added_tokens'), before: readTemplate(root) };
  if (!isByteLevel(root)) return { ...common, vocabulary: readModelVocabulary(root), setup: root };
  const setup = readByteLevel(root);
  return { ...common, vocabulary: setup.model.vocabulary, setup };
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

async function fromPair(vocabJson: string, mergesTxt: string | undefined, config: JsonObject): Promise<Base> {
  const vocabulary = readTokens(parseObject(vocabJson, 'vocab.json'), 'vocab.json');
  const kind = pairKind(vocabulary);
  if (kind === 'unknown')
    throw unsupported('The tokens of vocab.json are neither byte-level nor marked with </w> or ▁.');
  if (kind !== 'byte-level') {
    if (mergesTxt === undefined) throw mismatch('vocab.json came without merges.txt.');
    return fromJson(pairJson(kind, vocabulary, mergesTxt, config));
  }
  checkBytes(vocabulary, 'vocab.json');
  if (mergesTxt === undefined) return plain(await ownMerges(vocabulary));
  const merges = resolveMerges(readMergesText(mergesTxt), vocabulary);
  return plain({ vocabulary, merges, unknownId: undefined, fuseUnknown: false, ignoreMerges: false });
}

/** GPT-2's own model for a repository without tokenizer files; undefined where it cannot be known to fit. */
async function withoutFiles(
  files: TokenizerFiles,
  config: JsonObject,
  hints: TokenizerHints,
): Promise<Base | undefined> {
  const { vocabSize = r50kSize } = hints;
  const most = files.usesGpt2Tokenizer ? mostGpt2Rows : r50kSize;
  const name = property(config, 'tokenizer_class');
  const other = typeof name === 'string' && !gpt2Classes.test(name);
  if (other || vocabSize < r50kSize || vocabSize > most) return undefined;
  return plain(await loadR50kModel(), "The model has no tokenizer files; GPT-2's own tokenizer is used.");
}

/** The first of: tokenizer.json, vocab.json with merges.txt, vocab.txt, a SentencePiece model, GPT-2's own. */
async function readBase(
  files: TokenizerFiles,
  config: JsonObject,
  hints: TokenizerHints,
): Promise<Base | undefined> {
  if (files.tokenizerJson !== undefined) return fromJson(parseObject(files.tokenizerJson, 'tokenizer.json'));
  if (files.vocabJson !== undefined) return fromPair(files.vocabJson, files.mergesTxt, config);
  if (files.vocabTxt !== undefined) return fromJson(wordPieceJson(files.vocabTxt, config));
  if (files.sentencePiece !== undefined) {
    const { sentencePieceJson } = await import('./sentencepiece.ts');
    return fromJson(sentencePieceJson(files.sentencePiece));
  }
  if (files.mergesTxt !== undefined) throw mismatch('merges.txt came without vocab.json.');
  return withoutFiles(files, config, hints);
}

function optional(text: string | undefined, file: string): JsonObject {
  return text === undefined ? {} : parseObject(text, file);
}

/**
 * The tokenizer that a repository's files describe; with no files at all, GPT-2's own where the hints allow it, and
 * otherwise one that refuses texts. Compare `size` with the rows of the embedding: either may be larger.
 * @throws VitrineError `unsupported-format` for a part that is not known; `tokenizer-mismatch` where the files are broken.
 */
export async function createTokenizer(files: TokenizerFiles, hints: TokenizerHints = {}): Promise<Tokenizer> {
  const config = optional(files.tokenizerConfigJson, 'tokenizer_config.json');
  const map = optional(files.specialTokensMapJson, 'special_tokens_map.json');
  if (files.characters && files.tokenizerJson === undefined && files.vocabJson === undefined)
    return createCharacterTokenizer(files.characters);
  const base = await readBase(files, config, hints);
  if (!base) return createMissingTokenizer(hints.vocabSize ?? 0);
  const tokens = new AddedTokens(base.vocabulary);
  tokens.addList(base.addedTokens, 'tokenizer.json');
  tokens.addTable(optional(files.addedTokensJson, 'added_tokens.json'), 'added_tokens.json');
  tokens.addDecoder(property(config, 'added_tokens_decoder'), 'tokenizer_config.json');
  tokens.addNamed(map, 'special_tokens_map.json');
  tokens.addNamed(config, 'tokenizer_config.json');
  tokens.markSpecial(endOfText, 'vocab.json');
  return finish(base, tokens, [config, map]);
}

async function finish(
  base: Base,
  tokens: AddedTokens,
  configs: [JsonObject, JsonObject],
): Promise<Tokenizer> {
  const [config] = configs;
  const bos =
    property(config, 'add_bos_token') === true ? namedTokenId('bos_token', configs, tokens) : undefined;
  const before = bos === undefined || base.before[0] === bos ? base.before : [bos, ...base.before];
  for (const id of before)
    if (!tokens.has(id)) throw mismatch(`tokenizer.json puts the id ${id} before texts; no token has it.`);
  const around = {
    added: tokens.list,
    eosTokenId: namedTokenId('eos_token', configs, tokens),
    before,
    notices: [...(base.notice ? [base.notice] : []), ...tokens.notices],
  };
  if (!isSetup(base.setup)) {
    const { createPipelineTokenizer } = await import('./pipeline.ts');
    return createPipelineTokenizer(base.setup, { ...around, vocabulary: base.vocabulary });
  }
  const prefix = property(config, 'add_prefix_space');
  return createByteLevelTokenizer(base.setup.model, {
    ...around,
    addPrefixSpace: typeof prefix === 'boolean' ? prefix : base.setup.addPrefixSpace,
    splitWords: base.setup.splitWords,
  });
}

/** GPT-2's own tokenizer, for models whose tokenizer files are missing: 50,257 tokens, end-of-text 50256. */
export function createR50kTokenizer(): Promise<Tokenizer> {
  return createTokenizer({});
}
