import { APIUserAbortError, toApiError } from './errors.ts';
import type { Completion } from './types.ts';

/** Chunks as they come, to be read once. Leaving the loop or aborting `controller` ends the generation. */
export class Stream implements AsyncIterable<Completion> {
  private begun = false;

  constructor(
    private readonly chunks: AsyncGenerator<Completion>,
    readonly controller: AbortController,
  ) {}

  /** @throws APIError; an abort ends the stream without one, as in OpenAI's client */
  async *[Symbol.asyncIterator](): AsyncGenerator<Completion> {
    if (this.begun) throw new Error('This stream has been read already. Ask for another completion.');
    this.begun = true;
    try {
      yield* this.chunks;
    } catch (error) {
      const shown = toApiError(error);
      if (!(shown instanceof APIUserAbortError)) throw shown;
    } finally {
      this.controller.abort();
    }
  }
}
