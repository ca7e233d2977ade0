import { VitrineError } from '../lib/index.ts';

/** A token as a server describes it; what it does not say is undefined. */
export interface ServerToken {
  name: string;
  id: number | undefined;
  /** null for the first token of an echoed prompt. */
  logprob: number | null;
  alternatives: { name: string; id: number | undefined; logprob: number }[];
}

/** What one chunk says of one choice. */
export interface ServerChoice {
  index: number;
  text: string;
  /** undefined where the server gives no log-probabilities. */
  tokens: ServerToken[] | undefined;
  /** undefined while the choice goes on. */
  finish: string | undefined;
  /** The string that ended the text, where the server tells it. */
  stopReason: unknown;
}

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isIndex = (value: unknown): value is number => Number.isInteger(value) && (value as number) >= 0;

/** The answer is not what a server with OpenAI's completions sends. */
export function wrongAnswer(server: string, what: string): VitrineError {
  return new VitrineError(
    'integrity',
    `The answer of ${server} is wrong: ${what}. Is this a server of OpenAI's completions?`,
  );
}

/** The message of an error's body, whichever server's: OpenAI, vLLM, llama.cpp, TGI. */
export function errorMessage(text: string): string {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return text.trim().startsWith('<') ? '' : text.trim().slice(0, 200);
  }
  return messageOf(body) ?? '';
}

/** The message of an error object; undefined for what is no error. */
export function messageOf(body: unknown): string | undefined {
  if (!isObject(body)) return undefined;
  const { error, object, message } = body;
  if (typeof error === 'string') return error.slice(0, 500);
  const inner = isObject(error) ? error.message : object === 'error' ? message : undefined;
  if (inner === undefined && !isObject(error)) return undefined;
  return typeof inner === 'string' ? inner.slice(0, 500) : 'an error without a message';
}

/** @throws VitrineError `integrity` naming the field */
export function readChoices(body: unknown, server: string): ServerChoice[] {
  if (!isObject(body) || !Array.isArray(body.choices)) throw wrongAnswer(server, 'it has no list of choices');
  return body.choices.map((choice: unknown) => readChoice(choice, server));
}

function readChoice(choice: unknown, server: string): ServerChoice {
  if (!isObject(choice)) throw wrongAnswer(server, 'a choice is no object');
  const { index, text, finish_reason: finish, logprobs, token_ids: ids, stop_reason: stopReason } = choice;
  if (!isIndex(index)) throw wrongAnswer(server, 'the index of a choice is no number');
  if (typeof text !== 'string') throw wrongAnswer(server, 'the text of a choice is no string');
  // TGI sends an empty string where others send null.
  if (finish !== undefined && finish !== null && typeof finish !== 'string')
    throw wrongAnswer(server, 'finish_reason is no string');
  const tokens = readTokens(logprobs, server);
  if (tokens && Array.isArray(ids)) addIds(tokens, ids, server);
  return { index, text, tokens, finish: finish || undefined, stopReason };
}

function readTokens(logprobs: unknown, server: string): ServerToken[] | undefined {
  if (logprobs === undefined || logprobs === null) return undefined;
  if (!isObject(logprobs)) throw wrongAnswer(server, 'logprobs is no object');
  // llama.cpp answers as OpenAI's chat does.
  if (Array.isArray(logprobs.content))
    return logprobs.content.map((entry: unknown) => readEntry(entry, server));
  return readLists(logprobs, server);
}

function readEntry(entry: unknown, server: string): ServerToken {
  if (!isObject(entry)) throw wrongAnswer(server, 'an entry of logprobs is no object');
  const { top_logprobs: top = [] } = entry;
  if (!Array.isArray(top)) throw wrongAnswer(server, 'top_logprobs is no list');
  const alternatives = top.map((each: unknown) => tokenOf(each, server));
  return { ...tokenOf(entry, server), alternatives };
}

function tokenOf(entry: unknown, server: string) {
  if (!isObject(entry) || typeof entry.token !== 'string') throw wrongAnswer(server, 'a token is no string');
  const id = isIndex(entry.id) ? entry.id : idOfName(entry.token);
  return { name: entry.token, id, logprob: readLogprob(entry.logprob, server) };
}

function readLists(
  { tokens, token_logprobs: logprobs, top_logprobs: top }: Json,
  server: string,
): ServerToken[] {
  if (!Array.isArray(tokens) || !Array.isArray(logprobs) || tokens.length !== logprobs.length)
    throw wrongAnswer(server, 'tokens and token_logprobs are not lists of one length');
  if (Array.isArray(top) && top.length > 0 && top.length !== tokens.length)
    throw wrongAnswer(server, 'top_logprobs has another length than tokens');
  return tokens.map((name: unknown, at) => {
    if (typeof name !== 'string') throw wrongAnswer(server, 'a token is no string');
    const logprob = logprobs[at] === null ? null : readLogprob(logprobs[at], server);
    const entries = Array.isArray(top) && isObject(top[at]) ? Object.entries(top[at]) : [];
    const alternatives = entries
      .map(([text, value]) => ({ name: text, id: idOfName(text), logprob: readLogprob(value, server) }))
      .sort((left, right) => right.logprob - left.logprob);
    return { name, id: idOfName(name), logprob, alternatives };
  });
}

function readLogprob(value: unknown, server: string): number {
  // Rounding may leave a little above 0.
  if (typeof value === 'number' && value < 1e-3) return Math.min(0, value);
  throw wrongAnswer(server, `a log-probability is ${JSON.stringify(value)}`);
}

/** vLLM writes tokens as ids where it is asked to: `token_id:464`. */
function idOfName(name: string): number | undefined {
  const digits = /^token_id:(\d+)$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function addIds(tokens: ServerToken[], ids: unknown[], server: string): void {
  if (ids.length !== tokens.length || !ids.every(isIndex))
    throw wrongAnswer(server, 'token_ids are not the ids of tokens');
  for (const [at, token] of tokens.entries()) token.id = ids[at] as number;
}
