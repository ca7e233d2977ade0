import { EngineModel } from '../../src/engine/engine-model.ts';
import type { GenerateOptions, ModelCard } from '../../src/engine/index.ts';
import { LoadedModel } from '../../src/engine/page/index.ts';
import { Session } from '../../src/engine/session.ts';
import type { Tokenizer } from '../../src/tokenizer/index.ts';
import type { FakeRuntime } from './fake-runtime.ts';

export type { GenerateOptions };

/** One letter a token. */
export function letters(size: number): Tokenizer {
  return {
    kind: 'letters',
    notices: [],
    size,
    eosTokenId: undefined,
    before: [],
    encode: (text) => [...text].map((letter) => letter.charCodeAt(0) - 97),
    decode: (ids) => ids.map((id) => String.fromCharCode(97 + id)).join(''),
    bytes: (id) => Uint8Array.of(97 + id),
    text: (id) => String.fromCharCode(97 + id),
    isSpecial: () => false,
    stream: () => ({ push: (id) => String.fromCharCode(97 + id), end: () => '' }),
  };
}

/** A session on a fake runtime, which recovers with the same runtime. */
export function fakeSession(runtime: FakeRuntime, tune?: () => Promise<void>): Session {
  const loaded = { runtime, dtype: 'f32', adapter: {} as LoadedModel['adapter'], tune };
  return new Session(loaded, async () => loaded);
}

/** A model on a fake runtime. */
export function fakeModel(
  runtime: FakeRuntime,
  tokenizer = letters(runtime.config.vocabSize),
  tune?: () => Promise<void>,
): LoadedModel {
  const session = fakeSession(runtime, tune);
  // The token loop appears slow, so that timing never pauses speculation and counts are deterministic.
  Object.defineProperty(session.times, 'decodeTokensPerSecond', { get: () => 1e-3, set: () => {} });
  const card: ModelCard = {
    format: 'safetensors',
    files: [],
    tokenizer: { kind: 'letters', size: tokenizer.size, before: [] },
    tiedHead: true,
    paddedRows: runtime.config.vocabSize - tokenizer.size,
    sampling: {},
    notices: [],
  };
  const model = new EngineModel('fake', '', runtime.config, session, async () => tokenizer, card);
  return new LoadedModel(model, tokenizer);
}
