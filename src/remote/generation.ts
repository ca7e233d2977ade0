import type { GeneratedToken } from '../engine/index.ts';
import { VitrineError } from '../lib/index.ts';
import { readChoices, type ServerChoice, type ServerToken, wrongAnswer } from './shapes.ts';
import { likeliestOf, type TokenIds } from './token-ids.ts';

/** What was asked for, to hold the answer against. */
export interface Asked {
  server: string;
  n: number;
  maxNewTokens: number | undefined;
  /** Alternatives per token. */
  alternatives: number;
  hasStops: boolean;
}

/** One choice of a stream. The last token is held back, as servers may say in a chunk of its own that it was the last. */
interface Open {
  held: GeneratedToken | undefined;
  count: number;
  finished: boolean;
}

/** Tokens out of the chunks of an answer. */
export class RemoteGeneration {
  private readonly open: Open[];

  constructor(
    private readonly asked: Asked,
    private readonly ids: TokenIds,
  ) {
    this.open = Array.from({ length: asked.n }, () => ({ held: undefined, count: 0, finished: false }));
  }

  /** Tokens that are certain after another chunk. */
  take(chunk: unknown): GeneratedToken[] {
    return readChoices(chunk, this.asked.server).flatMap((choice) => this.takeChoice(choice));
  }

  /** What an abort leaves: the last tokens, as such. */
  abort(): GeneratedToken[] {
    return this.open.flatMap(({ held }) => (held ? [{ ...held, finishReason: 'aborted' as const }] : []));
  }

  /** @throws VitrineError `network` when a choice has not ended */
  end(): void {
    if (this.open.every(({ finished }) => finished)) return;
    throw new VitrineError('network', `The stream of ${this.asked.server} ended in the middle of the text.`);
  }

  private takeChoice(choice: ServerChoice): GeneratedToken[] {
    const { server, maxNewTokens = Number.POSITIVE_INFINITY } = this.asked;
    const open = this.open[choice.index];
    if (!open)
      throw wrongAnswer(server, `it has a choice ${choice.index}, and ${this.asked.n} were asked for`);
    const tokens = this.tokensOf(choice, open.count);
    if (open.finished && (tokens.length > 0 || choice.finish))
      throw wrongAnswer(server, `choice ${choice.index} goes on after its end`);
    open.count += tokens.length;
    if (open.count > maxNewTokens)
      throw wrongAnswer(server, `it has more than max_tokens ${maxNewTokens} tokens`);
    const held = [...(open.held ? [open.held] : []), ...tokens];
    open.held = undefined;
    if (!choice.finish) {
      open.held = held.pop();
      return held;
    }
    open.finished = true;
    const last = held.at(-1);
    if (last) last.finishReason = this.reasonOf(choice);
    return held;
  }

  private tokensOf({ index, text, tokens }: ServerChoice, first: number): GeneratedToken[] {
    if (!tokens || tokens.length === 0) {
      if (this.asked.alternatives > 0 && !tokens && text !== '') throw this.withoutLogprobs();
      if (text === '') return [];
      const id = this.ids.of(text, undefined);
      return [{ id, text, index: first, sequence: index, logprob: Number.NaN, alternatives: [] }];
    }
    const names = tokens.map(({ name }) => name);
    const joined = names.join('') === text;
    return tokens.map((token, at) => ({
      ...this.described(token),
      // Where names do not join to the text, the last of the chunk has all of it.
      text: joined ? token.name : at === tokens.length - 1 ? text : '',
      index: first + at,
      sequence: index,
    }));
  }

  private described(token: ServerToken) {
    const { name, id, logprob } = token;
    return {
      id: this.ids.of(name, id),
      logprob: logprob ?? Number.NaN,
      alternatives: likeliestOf(token, this.asked.alternatives, this.ids),
    };
  }

  private withoutLogprobs(): VitrineError {
    return new VitrineError(
      'invalid-argument',
      `${this.asked.server} gives no log-probabilities. Leave logprobs out, or load the model here.`,
    );
  }

  /** OpenAI has `stop` for strings and for the end of the text alike; TGI tells them apart. */
  private reasonOf({ finish, stopReason }: ServerChoice): GeneratedToken['finishReason'] {
    switch (finish) {
      case 'length':
        return 'length';
      case 'eos_token':
        return 'eos';
      case 'stop_sequence':
        return 'stop';
      case 'stop':
        return typeof stopReason === 'string' || (stopReason === undefined && this.asked.hasStops)
          ? 'stop'
          : 'eos';
      default:
        throw wrongAnswer(this.asked.server, `finish_reason is ${JSON.stringify(finish)}`);
    }
  }
}
