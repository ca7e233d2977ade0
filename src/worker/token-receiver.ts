import type { GeneratedToken } from '../engine/index.ts';

/** The batches of tokens of one generation, between the messages that bring them and the consumer. */
export class TokenReceiver {
  private readonly batches: GeneratedToken[][] = [];
  private failure: { error: unknown } | undefined;
  private wake = () => {};
  private over = false;

  /** Whether the other side has ended the generation. */
  get ended(): boolean {
    return this.over;
  }

  push(tokens: GeneratedToken[]): void {
    this.batches.push(tokens);
    this.wake();
  }

  /** Ends the generation after the batches received so far. */
  end(failure?: { error: unknown }): void {
    this.over = true;
    this.failure = failure;
    this.wake();
  }

  /**
   * @param onRead called when a batch has been read, with its number of tokens
   * @throws the error that ended the generation
   */
  async *read(onRead: (tokens: number) => void): AsyncGenerator<GeneratedToken> {
    for (;;) {
      const tokens = this.batches.shift();
      if (tokens) {
        yield* tokens;
        onRead(tokens.length);
      } else if (this.over) {
        if (this.failure) throw this.failure.error;
        return;
      } else {
        await new Promise<void>((resolve) => {
          this.wake = resolve;
        });
      }
    }
  }
}
