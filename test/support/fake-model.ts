import { LocalModel } from '../../src/engine/local-model.ts';
import { Session } from '../../src/engine/session.ts';
import type { GeneratedToken, GenerateOptions } from '../../src/engine/types.ts';
import type { Tokenizer } from '../../src/tokenizer/index.ts';
import type { FakeRuntime } from './fake-runtime.ts';

/** One letter a token. */
export function letters(size: number): Tokenizer {
  return {
    size,
    eosTokenId: undefined,
    encode: (text) => [...text].map((letter) => letter.charCodeAt(0) - 97),
    decode: (ids) => ids.map((id) => String.fromCharCode(97 + id)).join(''),
    bytes: (id) => Uint8Array.of(97 + id),
    isSpecial: () => false,
    stream: () => ({ push: (id) => String.fromCharCode(97 + id), end: () => '' }),
  };
}

/** A model on a fake runtime. */
export function fakeModel(runtime: FakeRuntime, tokenizer = letters(runtime.config.vocabSize)): LocalModel {
  const standing = { runtime, dtype: 'f32', adapter: {} as LocalModel['adapter'] };
  const session = new Session(standing, async () => standing);
  // A token loop that seems slow: time never ends the guessing, so that counts are the same every time.
  Object.defineProperty(session.times, 'decodeTokensPerSecond', { get: () => 1e-3, set: () => {} });
  return new LocalModel('fake', '', runtime.config, tokenizer, session);
}

export async function collect(
  model: LocalModel,
  prompt: string | number[],
  options: GenerateOptions,
): Promise<GeneratedToken[]> {
  const tokens: GeneratedToken[] = [];
  for await (const token of model.generate(prompt, options)) tokens.push(token);
  return tokens;
}
