import { parseArgs } from 'node:util';
import type { GeneratedToken, GenerateOptions, Model } from '../src/engine/index.ts';
import { goldenPrompts, parseBackend, parseDtype, withEngine } from './node-engine.ts';

/**
 * Speculative decoding against plain decoding, in Node: the tokens must be the same; how many guesses were right and
 * what that does to the speed is told. Beam search is timed along with it.
 *
 *   npm run check:decoding -- [--backend gpu|cpu] [--new 160] [--guesses 3,7] [--assistant int8]
 */
const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'cpu' },
    new: { type: 'string', default: '160' },
    guesses: { type: 'string', default: '3,7' },
    assistant: { type: 'string' },
    beams: { type: 'string', default: '2,4,8' },
  },
});

const line = 'The fox went to the river, and the river was cold. ';
const list = Array.from(
  { length: 12 },
  (_, at) => `${at + 1}. The king gave the miller ${at + 1} gold coins.\n`,
);

type Named<T> = [name: string, value: T];

/** What one generation wrote, and how fast. */
interface Timed {
  ids: number[];
  /** Tokens a second. */
  rate: number;
  last: GeneratedToken | undefined;
}

function prompts(): Named<string>[] {
  const stories = goldenPrompts().map(({ name, text }): Named<string> => [name, text]);
  return [...stories, ['refrain', line.repeat(4)], ['list', list.join('')]];
}

async function timed(model: Model, prompt: string, options: GenerateOptions): Promise<Timed> {
  const tokens: GeneratedToken[] = [];
  let first = 0;
  for await (const token of model.generate(prompt, options)) {
    if (tokens.length === 0) first = performance.now();
    tokens.push(token);
  }
  const milliseconds = performance.now() - first;
  const ids = tokens.filter(({ sequence }) => sequence === 0).map(({ id }) => id);
  return { ids, rate: ((tokens.length - 1) * 1000) / milliseconds, last: tokens.at(-1) };
}

function told({ rate, last }: Timed, plain: number): string {
  if (!last?.speculation) throw new Error('The last token tells nothing of the speculation.');
  const { drafted, accepted, passes, active } = last.speculation;
  const share = drafted ? `${Math.round((100 * accepted) / drafted)} %` : 'none';
  const end = active ? '' : ', given up';
  return `${rate.toFixed(1)}/s (x${(rate / plain).toFixed(2)}; ${accepted} of ${drafted} right: ${share}; ${passes} passes${end})`;
}

async function compare(
  model: Model,
  ways: Named<GenerateOptions>[],
  kinds: Named<GenerateOptions>[],
): Promise<number> {
  let different = 0;
  for (const [name, prompt] of prompts()) {
    for (const [kind, sampling] of kinds) {
      const options = { ...sampling, eos: false, maxNewTokens: Number(values.new) };
      await timed(model, prompt, { ...options, maxNewTokens: 16 });
      const plain = await timed(model, prompt, options);
      const cells = [`${name}, ${kind}`, `plain ${plain.rate.toFixed(1)}/s`];
      for (const [way, more] of ways) {
        await timed(model, prompt, { ...options, ...more, maxNewTokens: 24 });
        const guessed = await timed(model, prompt, { ...options, ...more });
        const same = guessed.ids.join() === plain.ids.join();
        if (!same) different++;
        cells.push(`${way} ${told(guessed, plain.rate)}${same ? '' : ' DIFFERENT'}`);
      }
      console.log(cells.join('\n    '));
    }
  }
  return different;
}

async function beams(model: Model): Promise<void> {
  for (const numBeams of values.beams.split(',').map(Number)) {
    const options = { numBeams, maxNewTokens: 32, eos: false };
    for await (const _ of model.generate('Once upon a time', { ...options, maxNewTokens: 2 }));
    const started = performance.now();
    let score = 0;
    for await (const token of model.generate('Once upon a time', options))
      score = token.sequenceScore ?? score;
    const milliseconds = performance.now() - started;
    console.log(`${numBeams} beams: 32 tokens in ${milliseconds.toFixed(0)} ms, score ${score.toFixed(4)}`);
  }
}

await withEngine(async (open) => {
  const backend = parseBackend(values.backend);
  const model = await open('f32', backend);
  console.log(`${model.adapter.description || model.adapter.backend}, ${values.new} tokens`);
  const ways: Named<GenerateOptions>[] = values.guesses
    .split(',')
    .map((count) => [`lookup ${count}`, { promptLookupNumTokens: Number(count) }]);
  if (values.assistant)
    ways.push([
      `assistant ${values.assistant}`,
      { assistantModel: await open(parseDtype(values.assistant), backend) },
    ]);
  const kinds: Named<GenerateOptions>[] = [
    ['greedy', { temperature: 0 }],
    ['drawn', { temperature: 0.8, topK: 40, seed: 1 }],
  ];
  const different = await compare(model, ways, kinds);
  await beams(model);
  console.log(`${different} texts differ`);
  if (different) process.exitCode = 1;
});
