import type { GeneratedToken, Model } from '../engine/index.ts';
import type { TokenNames } from './token-names.ts';
import type { CompletionLogprobs } from './types.ts';

type Alternative = { text: string; logprob: number };

export function emptyLogprobs(alternatives: number): CompletionLogprobs {
  return { tokens: [], token_logprobs: [], top_logprobs: alternatives > 0 ? [] : null, text_offset: [] };
}

/** Appends a token. A name that occurs twice among the alternatives keeps the likelier one. */
export function appendToken(
  to: CompletionLogprobs,
  name: string,
  logprob: number | null,
  alternatives: readonly Alternative[],
  offset: number,
): void {
  to.tokens.push(name);
  to.token_logprobs.push(logprob);
  to.text_offset.push(offset);
  if (!to.top_logprobs) return;
  if (logprob === null) {
    to.top_logprobs.push(null);
    return;
  }
  const top = new Map<string, number>();
  for (const { text, logprob: value } of alternatives) if (!top.has(text)) top.set(text, value);
  top.set(name, logprob);
  to.top_logprobs.push(Object.fromEntries(top));
}

/** Appends what another chunk of the same choice holds. */
export function joinLogprobs(to: CompletionLogprobs, more: CompletionLogprobs): void {
  to.tokens.push(...more.tokens);
  to.token_logprobs.push(...more.token_logprobs);
  to.text_offset.push(...more.text_offset);
  if (more.top_logprobs) to.top_logprobs?.push(...more.top_logprobs);
}

export function tokenLogprobs(
  { id, logprob, alternatives }: GeneratedToken,
  names: TokenNames,
  asked: number,
  offset: number,
): CompletionLogprobs {
  const found = emptyLogprobs(asked);
  appendToken(found, names.push(id), logprob, alternatives, offset);
  return found;
}

/** Log-probabilities of a prompt, as `score` gives them. */
export async function promptLogprobs(
  model: Model,
  ids: number[],
  asked: number,
  names: TokenNames,
): Promise<CompletionLogprobs> {
  const found = emptyLogprobs(asked);
  const { logprobs, alternatives } = await model.score(ids, { alternatives: asked });
  let offset = 0;
  for (const [at, id] of ids.entries()) {
    const name = names.push(id);
    const logprob = at === 0 ? null : (logprobs[at] as number);
    appendToken(found, name, logprob, alternatives?.[at] ?? [], offset);
    offset += name.length;
  }
  return found;
}
