import { createStopMatcher, type StopMatcher } from '../sampling/index.ts';
import type { StreamDecoder, Tokenizer } from '../tokenizer/index.ts';
import type { GeneratedToken } from './token.ts';

/** Text that has become certain, and whether a stop string ends it. */
export interface CertainText {
  text: string;
  stopped: boolean;
}

/** The text of one sequence as its ids arrive. Withholds unfinished characters and possible stop strings. */
export class SequenceText {
  private readonly decoder: StreamDecoder;
  private readonly stops: StopMatcher;

  constructor(
    private readonly tokenizer: Tokenizer,
    stopStrings: readonly string[] = [],
    prompt: readonly number[] = [],
  ) {
    this.decoder = tokenizer.stream(prompt);
    this.stops = createStopMatcher(stopStrings);
  }

  push(id: number): CertainText {
    return this.stops.push(this.decoder.push(id));
  }

  /** What was withheld, at the end of the sequence. */
  end(): CertainText {
    const { text, stopped } = this.stops.push(this.decoder.end());
    return { text: text + (stopped ? '' : this.stops.end()), stopped };
  }

  /** A token as it is amid others. */
  single(id: number): string {
    return this.tokenizer.text(id);
  }
}

/** Adds texts to tokens that were generated without a tokenizer, and so without stop strings. */
export class TokenTexts {
  private readonly sequences = new Map<number, SequenceText>();

  constructor(
    private readonly tokenizer: Tokenizer,
    private readonly prompt: readonly number[],
  ) {}

  add(token: GeneratedToken): GeneratedToken {
    const { id, sequence, finishReason } = token;
    const texts = this.sequences.get(sequence) ?? new SequenceText(this.tokenizer, [], this.prompt);
    this.sequences.set(sequence, texts);
    const own = finishReason === 'eos' ? '' : texts.push(id).text;
    const alternatives = token.alternatives.map((other) => ({ ...other, text: texts.single(other.id) }));
    return { ...token, text: finishReason ? own + texts.end().text : own, alternatives };
  }
}
