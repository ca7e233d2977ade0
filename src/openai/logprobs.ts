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

/** Log-probabilities of a prompt: its score and, where alternatives are asked for, the logits of every position. */
export async function promptLogprobs(
  model: Model,
  ids: number[],
  asked: number,
  names: TokenNames,
): Promise<CompletionLogprobs> {
  const found = emptyLogprobs(asked);
  const { logprobs } = await model.score(ids);
  const rows = asked > 0 && ids.length > 1 ? (await model.run(ids, { logits: 'all' })).logits : undefined;
  const { vocabSize } = model.config;
  let offset = 0;
  for (const [at, id] of ids.entries()) {
    const name = names.push(id);
    // The row before a token predicts it.
    const row = rows && at > 0 ? rows.subarray((at - 1) * vocabSize, at * vocabSize) : undefined;
    const top = row ? likeliest(row, asked) : [];
    const alternatives = top.map(({ id, logprob }) => ({ text: model.decode([id]), logprob }));
    appendToken(found, name, at === 0 ? null : (logprobs[at] as number), alternatives, offset);
    offset += name.length;
  }
  return found;
}

/** The most likely ids under a row of logits, best first. */
function likeliest(logits: Float32Array, count: number): { id: number; logprob: number }[] {
  let highest = Number.NEGATIVE_INFINITY;
  for (const logit of logits) highest = Math.max(highest, logit);
  let sum = 0;
  for (const logit of logits) sum += Math.exp(logit - highest);
  const logSum = highest + Math.log(sum);
  const best: { id: number; logprob: number }[] = [];
  for (const [id, logit] of logits.entries()) {
    const last = best.at(-1);
    const logprob = logit - logSum;
    if (best.length === count && last && logprob <= last.logprob) continue;
    const at = best.findIndex((entry) => entry.logprob < logprob);
    best.splice(at < 0 ? best.length : at, 0, { id, logprob });
    if (best.length > count) best.pop();
  }
  return best;
}
