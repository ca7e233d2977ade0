import type { Score } from '../engine/index.ts';
import { VitrineError } from '../lib/index.ts';
import type { Connection } from './connection.ts';
import { readChoices, wrongAnswer } from './shapes.ts';
import { likeliestOf, type TokenIds } from './token-ids.ts';

/**
 * Log-probabilities of a text, by a completion of no tokens that repeats its prompt. Servers tell no ranks and no
 * entropies: those are NaN.
 * @throws VitrineError `invalid-argument` where the server does not echo log-probabilities, `integrity`
 */
export async function scoreRemotely(
  connection: Connection,
  model: string,
  ids: number[],
  asked: number,
  names: TokenIds,
  signal: AbortSignal | undefined,
): Promise<Score> {
  const body = {
    model,
    prompt: ids,
    max_tokens: 0,
    echo: true,
    logprobs: Math.max(1, asked),
    temperature: 0,
  };
  const answer = await connection.json(connection.url('completions'), body, signal);
  const [choice] = readChoices(answer, connection.name);
  if (!choice) throw wrongAnswer(connection.name, 'it has no choice');
  const { tokens } = choice;
  if (!tokens || tokens.length === 0 || tokens[0]?.logprob !== null)
    throw new VitrineError(
      'invalid-argument',
      `score is not possible: ${connection.name} does not echo the prompt with its log-probabilities. Load the model here.`,
    );
  if (tokens.length !== ids.length)
    throw wrongAnswer(connection.name, `${ids.length} tokens were sent, and ${tokens.length} are scored`);
  const logprobs = tokens.map(({ logprob }) => logprob ?? Number.NaN);
  const known = logprobs.slice(1);
  const mean = known.reduce((sum, value) => sum + value, 0) / Math.max(1, known.length);
  const unknown = () => ids.map(() => Number.NaN);
  return {
    ids,
    logprobs,
    ranks: unknown(),
    entropies: unknown(),
    ...(asked > 0 && { alternatives: tokens.map((token) => likeliestOf(token, asked, names)) }),
    perplexity: known.length > 0 ? Math.exp(-mean) : Number.NaN,
  };
}
