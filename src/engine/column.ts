import type { DecodedToken } from '../runtime/index.ts';
import type { StopMatcher } from '../sampling/index.ts';
import type { StreamDecoder, Tokenizer } from '../tokenizer/index.ts';
import type { FinishReason, GeneratedToken } from './types.ts';

/** What ends a sequence. */
export interface Ends {
  maxNewTokens: number;
  /** Ids that end the text; empty when the caller wants none to. */
  eosTokenIds: readonly number[];
  /** Tokens in a context that leave no room for another; undefined when the window slides. */
  contextLength: number | undefined;
}

/** One sequence being generated: its ids, and the text they make as it becomes certain. */
export class Column {
  readonly ids: number[];
  readonly promptLength: number;
  /** First id of the window the model sees; moves when the window slides. */
  start = 0;
  finish: FinishReason | undefined;
  private index = 0;

  constructor(
    /** As reported: 0 to n - 1. */
    readonly sequence: number,
    prompt: readonly number[],
    private readonly tokenizer: Tokenizer,
    private readonly decoder: StreamDecoder,
    private readonly stops: StopMatcher,
    private readonly ends: Ends,
  ) {
    this.ids = [...prompt];
    this.promptLength = prompt.length;
  }

  /** Tokens generated so far. */
  get generated(): number {
    return this.index;
  }

  /** What the model sees. */
  get window(): number[] {
    return this.ids.slice(this.start);
  }

  /** Takes the next token of this sequence and says what to report. */
  accept(token: DecodedToken, aborted: boolean): GeneratedToken {
    this.ids.push(token.id);
    const index = this.index++;
    const text = this.textOf(token.id, aborted);
    const { tokenizer } = this;
    const alternatives = token.alternatives.map(({ id, logprob }) => ({
      id,
      text: tokenizer.decode([id]),
      logprob,
    }));
    const { sequence, finish } = this;
    const reported: GeneratedToken = {
      id: token.id,
      text,
      index,
      sequence,
      logprob: token.logprob,
      alternatives,
    };
    if (finish) reported.finishReason = finish;
    return reported;
  }

  /** The text that has become certain; sets `finish` at an end. */
  private textOf(id: number, aborted: boolean): string {
    const { ends } = this;
    if (ends.eosTokenIds.includes(id)) {
      this.finish = 'eos';
      return this.flush('');
    }
    const { text, stopped } = this.stops.push(this.decoder.push(id));
    if (stopped) {
      this.finish = 'stop';
      return text;
    }
    if (this.index >= ends.maxNewTokens) this.finish = 'length';
    else if (ends.contextLength !== undefined && this.ids.length > ends.contextLength)
      this.finish = 'context';
    else if (aborted) this.finish = 'aborted';
    return this.finish ? this.flush(text) : text;
  }

  /** What was held back: an unfinished character, the beginning of a stop string. */
  private flush(text: string): string {
    const { text: last, stopped } = this.stops.push(this.decoder.end());
    if (stopped) this.finish = 'stop';
    return text + last + (stopped ? '' : this.stops.end());
  }
}
