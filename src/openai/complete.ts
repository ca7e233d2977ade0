import type { GeneratedToken, Model } from '../engine/index.ts';
import { VitrineError } from '../lib/index.ts';
import { emptyLogprobs, joinLogprobs, promptLogprobs, tokenLogprobs } from './logprobs.ts';
import type { CompletionRequest } from './request.ts';
import { TokenNames } from './token-names.ts';
import type { Completion, CompletionChoice, CompletionUsage } from './types.ts';

/** What a prompt contributes to each of its choices. */
interface Prepared {
  ids: number[];
  /** What each choice begins with; undefined without `echo`. */
  echo: Pick<CompletionChoice, 'text' | 'logprobs'> | undefined;
}

/** A choice that is being written. */
interface Open {
  names: TokenNames;
  /** Length of the text so far: where the next token begins. */
  length: number;
  finished: boolean;
}

/**
 * The chunks of an answer, in OpenAI's shape: one a token. Prompts are completed one after the other, the `n` choices of
 * each side by side.
 * @throws VitrineError as `generate`, `score` and `run`; `aborted` when the signal is
 */
export async function* completionChunks(
  model: Model,
  name: string,
  request: CompletionRequest,
  signal?: AbortSignal,
): AsyncGenerator<Completion> {
  const head = {
    id: `cmpl-${crypto.randomUUID().replaceAll('-', '')}`,
    object: 'text_completion' as const,
    created: Math.floor(Date.now() / 1000),
    model: name,
  };
  const usage: CompletionUsage = { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 };
  for (const [at, prompt] of request.prompts.entries()) {
    const prepared = await prepare(model, prompt, request);
    usage.prompt_tokens += prepared.ids.length;
    for await (const choice of choicesOf(model, prompt, prepared, at * request.options.n, request, signal)) {
      usage.completion_tokens += choice.tokens;
      yield { ...head, choices: [choice.shown] };
    }
  }
  usage.total_tokens = usage.prompt_tokens + usage.completion_tokens;
  if (request.includeUsage) yield { ...head, choices: [], usage };
}

async function prepare(
  model: Model,
  prompt: string | number[],
  { echo, logprobs }: CompletionRequest,
): Promise<Prepared> {
  const ids = typeof prompt === 'string' ? model.encode(prompt) : prompt;
  const { vocabSize } = model.config;
  const unknown = ids.find((id) => id >= vocabSize);
  // Said before the first chunk, while the answer can still have the status of an error.
  if (unknown !== undefined)
    throw new VitrineError(
      'invalid-argument',
      `${unknown} is not a token id of this model; use 0 to ${vocabSize - 1}.`,
    );
  if (ids.length > model.config.nPositions)
    throw new VitrineError(
      'context-overflow',
      `This model's maximum context length is ${model.config.nPositions} tokens; the prompt has ${ids.length}. Shorten it.`,
    );
  if (!echo) return { ids, echo: undefined };
  const text = ids.length > 0 ? model.decode(ids) : '';
  if (logprobs === undefined) return { ids, echo: { text, logprobs: null } };
  const names = new TokenNames((some) => model.decode(some));
  const scored = ids.length > 0 ? await promptLogprobs(model, ids, logprobs, names) : emptyLogprobs(logprobs);
  return { ids, echo: { text, logprobs: scored } };
}

async function* choicesOf(
  model: Model,
  prompt: string | number[],
  { ids, echo }: Prepared,
  first: number,
  request: CompletionRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ tokens: number; shown: CompletionChoice }> {
  const { options, returnTokenIds } = request;
  const open: Open[] = Array.from({ length: options.n }, () => ({
    names: new TokenNames((some) => model.decode(some)),
    length: echo?.text.length ?? 0,
    finished: false,
  }));
  if (echo || returnTokenIds) {
    const begun = { text: echo?.text ?? '', logprobs: echo?.logprobs ?? null };
    const known = returnTokenIds ? { token_ids: [], prompt_token_ids: ids } : {};
    for (const sequence of open.keys())
      yield { tokens: 0, shown: { ...begun, index: first + sequence, finish_reason: null, ...known } };
  }
  for await (const token of model.generate(prompt, { ...options, signal })) {
    const choice = open[token.sequence] as Open;
    yield { tokens: 1, shown: shownToken(token, choice, first + token.sequence, request) };
  }
  // Without a token to write, no token has said that a choice ended.
  for (const [sequence, { finished }] of open.entries())
    if (!finished)
      yield {
        tokens: 0,
        shown: { text: '', index: first + sequence, logprobs: null, finish_reason: 'length' },
      };
}

const finishReasons = { length: 'length', context: 'length', stop: 'stop', eos: 'stop' } as const;

function shownToken(
  token: GeneratedToken,
  choice: Open,
  index: number,
  { logprobs, returnTokenIds }: CompletionRequest,
): CompletionChoice {
  const { id, text, finishReason } = token;
  if (finishReason === 'aborted') throw new VitrineError('aborted', 'The completion was aborted.');
  choice.finished = finishReason !== undefined;
  const shown: CompletionChoice = {
    text,
    index,
    logprobs: logprobs === undefined ? null : tokenLogprobs(token, choice.names, logprobs, choice.length),
    finish_reason: finishReason ? finishReasons[finishReason] : null,
    ...(returnTokenIds && { token_ids: [id] }),
  };
  choice.length += text.length;
  return shown;
}

/** One answer of all chunks. */
export async function joinChunks(chunks: AsyncIterable<Completion>): Promise<Completion> {
  const choices: CompletionChoice[] = [];
  let whole: Completion | undefined;
  for await (const chunk of chunks) {
    whole = { ...chunk, choices };
    for (const choice of chunk.choices) {
      const begun = choices[choice.index];
      if (begun) join(begun, choice);
      else choices[choice.index] = choice;
    }
  }
  return whole as Completion;
}

function join(to: CompletionChoice, more: CompletionChoice): void {
  to.text += more.text;
  to.finish_reason = more.finish_reason;
  if (more.token_ids) to.token_ids?.push(...more.token_ids);
  if (to.logprobs && more.logprobs) joinLogprobs(to.logprobs, more.logprobs);
}
