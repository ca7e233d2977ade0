import type { DecodedToken } from '../runtime/index.ts';
import {
  afterToken,
  isComplete,
  type ResolvedSampling,
  type SamplingContext,
  type SamplingMemory,
} from '../sampling/index.ts';
import type { SequenceText } from './sequence-text.ts';
import type { FinishReason, GeneratedToken } from './token.ts';

/** What ends a sequence, stop strings aside. */
export interface StopConditions {
  maxNewTokens: number;
  /** Ids that end the text; empty when the caller disabled them. */
  eosTokenIds: readonly number[];
  /** Tokens that fit the context; undefined when the window slides. */
  contextLength: number | undefined;
}

const noText = { text: '', stopped: false };

/** One sequence being generated: its ids, and its text as far as it is certain. */
export class Sequence {
  readonly ids: number[];
  readonly promptLength: number;
  /** Index of the first id in the model's window; moves when the window slides. */
  start = 0;
  finish: FinishReason | undefined;
  /** What the samplers remember of the text beside its tokens. */
  memory: SamplingMemory = {};
  private index = 0;

  /**
   * @param number as reported to the caller, 0 to n - 1
   * @param text absent where texts are added elsewhere
   */
  constructor(
    readonly number: number,
    prompt: readonly number[],
    private readonly text: SequenceText | undefined,
    private readonly conditions: StopConditions,
    private readonly sampling?: ResolvedSampling,
  ) {
    this.ids = [...prompt];
    this.promptLength = prompt.length;
  }

  /** Tokens generated so far. */
  get generated(): number {
    return this.index;
  }

  /** The ids the model sees. */
  get window(): number[] {
    return this.ids.slice(this.start);
  }

  /** How many ids of the window belong to the prompt. */
  get promptInWindow(): number {
    return Math.max(0, this.promptLength - this.start);
  }

  /** What the samplers look at. */
  get context(): SamplingContext {
    return { ids: this.window, promptLength: this.promptInWindow, ...this.memory };
  }

  /** Appends the next token and returns what to report; sets `finish` on the last one. */
  accept(token: DecodedToken, aborted: boolean): GeneratedToken {
    this.ids.push(token.id);
    if (this.sampling) this.memory = afterToken(this.memory, token, this.sampling);
    const index = this.index++;
    const text = this.textOf(token.id, aborted);
    const alternatives = token.alternatives.map(({ id, logprob }) => ({
      id,
      text: this.text?.single(id) ?? '',
      logprob,
    }));
    const { number: sequence, finish } = this;
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

  /** The text that has become certain with this id; sets `finish` at an end. */
  private textOf(id: number, aborted: boolean): string {
    const { conditions } = this;
    if (conditions.eosTokenIds.includes(id)) {
      this.finish = 'eos';
      return this.flush('');
    }
    const { text, stopped } = this.text?.push(id) ?? noText;
    if (stopped) {
      this.finish = 'stop';
      return text;
    }
    if (this.isWhole) this.finish = 'stop';
    else if (this.index >= conditions.maxNewTokens) this.finish = 'length';
    else if (conditions.contextLength !== undefined && this.ids.length > conditions.contextLength)
      this.finish = 'context';
    else if (aborted) this.finish = 'aborted';
    return this.finish ? this.flush(text) : text;
  }

  /** Whether the text matches the constraint and nothing can follow. */
  private get isWhole(): boolean {
    const { automaton } = this.sampling ?? {};
    return automaton !== undefined && isComplete(automaton, this.memory.automatonState ?? 0);
  }

  /** `text` plus what was withheld: an unfinished character, the beginning of a stop string. */
  private flush(text: string): string {
    const { text: last, stopped } = this.text?.end() ?? noText;
    if (stopped) this.finish = 'stop';
    return text + last;
  }
}
