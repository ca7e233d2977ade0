import { type GPT2Config, parseConfig } from '../model/index.ts';
import { createTokenizer, type Tokenizer } from '../tokenizer/index.ts';
import { openCheckpoint, type TokenizerTexts } from '../weights/index.ts';
import type { RemoteOptions } from './options.ts';

export interface TokenizerOfModel {
  tokenizer: Tokenizer;
  /** From config.json, where it is there and of the GPT-2 family. */
  config: GPT2Config | undefined;
}

/** Names of a repository's tokenizer files. */
const textFiles = {
  tokenizerJson: ['tokenizer.json'],
  vocabJson: ['vocab.json', 'encoder.json'],
  mergesTxt: ['merges.txt', 'vocab.bpe'],
  vocabTxt: ['vocab.txt'],
  tokenizerConfigJson: ['tokenizer_config.json'],
  specialTokensMapJson: ['special_tokens_map.json'],
  addedTokensJson: ['added_tokens.json'],
} as const satisfies Partial<Record<keyof TokenizerTexts, readonly string[]>>;

/** @throws VitrineError of the files */
export async function readTokenizer(options: RemoteOptions): Promise<TokenizerOfModel | undefined> {
  const { tokenizer: source, hub, signal } = options;
  if (source === undefined) return undefined;
  if (typeof source !== 'string') return fromFiles(source);
  const checkpoint = await openCheckpoint(source, { hub, signal });
  try {
    const tokenizer = await createTokenizer(checkpoint.tokenizer);
    return { tokenizer, config: configOf(checkpoint.config) };
  } finally {
    checkpoint.close();
  }
}

async function fromFiles(files: readonly File[]): Promise<TokenizerOfModel> {
  const find = (names: readonly string[]) => files.find(({ name }) => names.includes(name));
  const texts: TokenizerTexts = {};
  for (const [key, names] of Object.entries(textFiles))
    texts[key as keyof typeof textFiles] = await find(names)?.text();
  const pieces = find(['spiece.model', 'tokenizer.model']);
  if (pieces) texts.sentencePiece = new Uint8Array(await pieces.arrayBuffer());
  const config = await find(['config.json'])?.text();
  return {
    tokenizer: await createTokenizer(texts),
    config: config ? configOf(JSON.parse(config)) : undefined,
  };
}

function configOf(config: unknown): GPT2Config | undefined {
  try {
    return parseConfig(config, undefined, undefined);
  } catch {
    return undefined;
  }
}
