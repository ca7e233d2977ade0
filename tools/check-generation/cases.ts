import type { GeneratedToken, GenerateOptions, Model } from '../../src/engine/index.ts';
import type { VitrineErrorCode } from '../../src/lib/index.ts';

/** Numbers in [0, 1). */
type Random = () => number;

/** What a kind of case adds to random options. */
interface CaseParts {
  prompt?: string | number[];
  options?: GenerateOptions;
  /** In place of random options. */
  only?: GenerateOptions;
  /** Called with the number of tokens after each; true leaves the generation. */
  act?(count: number): boolean;
  /** The generation may end in an abort. */
  aborts?: boolean;
  /** The generation must fail with this. */
  code?: VitrineErrorCode;
}

/** Numbers that look random and are the same for the same seed. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const prompts = [
  'Once upon a time',
  'The king had three sons, and the eldest',
  'In the deep wood 🌲 there lived an old woman who',
  '1. A coin.\n2. A coin.\n3. A coin.\n',
  'x',
] as const;
const anyPrompt = (random: Random) => prompts[Math.floor(random() * prompts.length)] ?? prompts[0];

function wrong(what: string, options: GenerateOptions): Error {
  return new Error(
    `${what}\n${JSON.stringify(options, (_, value) => (value instanceof AbortSignal ? 'signal' : value))}`,
  );
}

function sampling(random: Random): GenerateOptions {
  if (random() < 0.25) return { temperature: 0 };
  const options: GenerateOptions = { temperature: 0.5 + random(), seed: Math.floor(random() * 1e6) };
  const maybe = (share: number, more: () => GenerateOptions) => {
    if (random() < share) Object.assign(options, more());
  };
  maybe(0.4, () => ({ topK: 1 + Math.floor(random() * 100) }));
  maybe(0.3, () => ({ topP: 0.2 + 0.8 * random() }));
  maybe(0.2, () => ({ minP: random() * 0.3 }));
  maybe(0.2, () => ({ typicalP: 0.2 + 0.8 * random() }));
  maybe(0.2, () => ({ repetitionPenalty: 0.8 + random() }));
  maybe(0.2, () => ({ frequencyPenalty: random() - 0.3, presencePenalty: random() - 0.3 }));
  maybe(0.2, () => ({ noRepeatNgramSize: 1 + Math.floor(random() * 4) }));
  maybe(0.2, () => ({ logitBias: { [Math.floor(random() * 4000)]: random() < 0.5 ? -100 : 3 } }));
  return options;
}

function base(random: Random): GenerateOptions {
  const options: GenerateOptions = {
    ...sampling(random),
    maxNewTokens: 1 + Math.floor(random() * 32),
    eos: random() < 0.5,
  };
  if (random() < 0.3) options.logprobs = 1 + Math.floor(random() * 20);
  if (random() < 0.3) options.stop = ['.', 'the ', '\n\n'].slice(0, 1 + Math.floor(random() * 3));
  return options;
}

const kinds: Record<string, (random: Random, model: Model, assistant: Model) => CaseParts> = {
  plain: () => ({}),
  several: (random) => ({ options: { n: 2 + Math.floor(random() * 9) } }),
  abort: (random) => {
    const control = new AbortController();
    const at = Math.floor(random() * 12);
    if (at === 0) control.abort();
    else if (random() < 0.5) setTimeout(() => control.abort(), random() * 200);
    return {
      options: { signal: control.signal, n: 1 + Math.floor(random() * 3) },
      act: (count) => {
        if (count >= at) control.abort();
        return false;
      },
      aborts: true,
    };
  },
  leave: (random) => {
    const at = 1 + Math.floor(random() * 8);
    return { act: (count) => count >= at };
  },
  slide: (random, model) => {
    const ids = model.encode('The fox went to the river, and the river was cold. '.repeat(60));
    return {
      prompt: ids.slice(0, model.config.nPositions - 4 + Math.floor(random() * 8)),
      options: { overflow: 'slide', stop: undefined, n: 1 + Math.floor(random() * 2) },
    };
  },
  beams: (random) => ({
    only: { numBeams: 2 + Math.floor(random() * 7), lengthPenalty: random() * 2, maxNewTokens: 8 },
  }),
  lookup: (random) => ({
    prompt: prompts[3].repeat(4),
    options: { promptLookupNumTokens: 1 + Math.floor(random() * 7) },
  }),
  assistant: (_, __, assistantModel) => ({ options: { assistantModel } }),
  refused: () => ({ options: { topK: -1 }, code: 'invalid-argument' }),
};

/** Calls of another sort between generations. */
async function between(model: Model, random: Random): Promise<void> {
  const text = anyPrompt(random);
  const which = random();
  if (which < 0.2) await model.score(text.repeat(1 + Math.floor(random() * 20)));
  else if (which < 0.4) await model.logits(model.encode(text));
  else if (which < 0.5) await model.inspect(text, { attention: true, logitLens: true });
}

/** Pieces joined are the decoded whole, indices have no gap, and only the last token of a sequence ends it. */
function examine(model: Model, tokens: GeneratedToken[], options: GenerateOptions): void {
  const sequences = new Map<number, GeneratedToken[]>();
  for (const token of tokens) {
    const list = sequences.get(token.sequence) ?? [];
    if (token.index !== list.length) throw wrong(`index ${token.index} of ${list.length}`, options);
    if (list.at(-1)?.finishReason) throw wrong('a token after the end', options);
    if (!(token.logprob <= 1e-4)) throw wrong(`logprob ${token.logprob}`, options);
    list.push(token);
    sequences.set(token.sequence, list);
  }
  for (const list of sequences.values()) {
    const end = list.at(-1)?.finishReason;
    if (end === 'stop' || end === 'eos' || end === undefined) continue;
    const whole = model.decode(list.map(({ id }) => id));
    const text = list.map((token) => token.text).join('');
    if (text !== whole) throw wrong(`${JSON.stringify(text)} is not ${JSON.stringify(whole)}`, options);
  }
}

/** The engine is loaded apart from this file, so that its class of errors is another one. */
const errorCode = (error: unknown) => (error instanceof Error && 'code' in error ? error.code : undefined);

export const kindNames = Object.keys(kinds);

interface CaseOptions {
  model: Model;
  assistant: Model;
  random: Random;
  /** One of `kindNames`; a random one otherwise. */
  kind?: string;
}

/** One generation of a random kind, checked in itself. */
export async function randomCase({ model, assistant, random, kind }: CaseOptions) {
  const name = kind ?? kindNames[Math.floor(random() * kindNames.length)] ?? '';
  const parts = kinds[name]?.(random, model, assistant);
  if (!parts) throw new Error(`There is no case ${name}.`);
  const { prompt, options: more, only, act, aborts, code } = parts;
  const options = only ?? { ...base(random), ...more };
  const tokens: GeneratedToken[] = [];
  try {
    await between(model, random);
    const text = prompt ?? anyPrompt(random);
    for await (const token of model.generate(text, options)) {
      tokens.push(token);
      if (act?.(tokens.length)) break;
    }
    if (code) throw wrong('not refused', options);
  } catch (error) {
    const found = errorCode(error);
    if (found !== (aborts ? 'aborted' : code) || found === undefined) throw error;
  }
  examine(model, tokens, options);
  return { kind: name, tokens: tokens.length };
}
