import { type Edit, sameEdits } from '../model/index.ts';
import type { DecodedToken, DecodeRequest, Runtime, SampleRequest } from '../runtime/index.ts';
import { afterToken, type ResolvedSampling, type SamplingMemory } from '../sampling/index.ts';

/** Measured rates; the newest measurement replaces the one before. */
export interface GenerationTimes {
  prefillTokensPerSecond: number;
  decodeTokensPerSecond: number;
  timeToFirstTokenMs: number;
}

/** The ids a sequence must hold. */
export interface SequenceContent {
  sequence: number;
  ids: readonly number[];
}

/** How the tokens of one sequence are sampled. */
export interface TokenSampling {
  sampling: ResolvedSampling;
  /** Alternatives to report per token. */
  alternatives: number;
  promptLength: number;
  memory?: SamplingMemory;
  /** Counter of the first random draw. */
  firstDraw: number;
}

/**
 * Tracks which ids the KV cache of each sequence holds, so that a prompt sharing a prefix with the last one computes
 * only its tail. Calls must be made by the holder of the runtime lock, one at a time.
 */
export class SequenceCache {
  /** Ids whose keys and values are cached, per sequence. */
  private cached: number[][] = [[]];
  /** What the passes that filled the cache were changed by. */
  private edits: readonly Edit[] = [];

  constructor(
    private readonly runtime: Runtime,
    private readonly times: GenerationTimes,
  ) {}

  /** Says what the passes that follow are changed by. Keys and values of other edits are no longer used. */
  async setEdits(edits: readonly Edit[]): Promise<void> {
    if (sameEdits(edits, this.edits)) return;
    this.cached = this.cached.map(() => []);
    await this.runtime.setEdits(edits);
    this.edits = structuredClone(edits);
  }

  /** Makes a sequence hold exactly `ids`; computes only what is not cached yet. */
  async prefillTo(sequence: number, ids: readonly number[], signal?: AbortSignal): Promise<void> {
    const before = this.cached[sequence] ?? [];
    const kept = Math.min(commonPrefix(before, ids), ids.length - 1);
    this.cached[sequence] = before.slice(0, kept);
    const started = performance.now();
    await this.runtime.prefill(sequence, kept, ids.slice(kept), signal);
    const count = ids.length - kept;
    this.times.prefillTokensPerSecond = (count * 1000) / Math.max(0.1, performance.now() - started);
    this.cached[sequence] = [...ids];
  }

  /**
   * Makes several sequences hold their contents. Contents equal to the first are computed once and copied.
   * @param count sequences the KV cache must have room for
   */
  async prefillAll(contents: readonly SequenceContent[], count: number, signal?: AbortSignal): Promise<void> {
    await this.reserve(count);
    const [first, ...others] = contents;
    if (!first) return;
    await this.prefillTo(first.sequence, first.ids, signal);
    const equal: number[] = [];
    for (const { sequence, ids } of others) {
      if (ids.length === first.ids.length && commonPrefix(ids, first.ids) === ids.length)
        equal.push(sequence);
      else await this.prefillTo(sequence, ids, signal);
    }
    if (equal.length > 0) await this.fork(first.sequence, equal, first.ids.length);
  }

  /** Makes the cache of a sequence begin with `ids` (possibly none); it may hold more. */
  async ensurePrefix(sequence: number, ids: readonly number[], signal?: AbortSignal): Promise<void> {
    if (commonPrefix(this.cached[sequence] ?? [], ids) < ids.length)
      await this.prefillTo(sequence, ids, signal);
  }

  /**
   * Samples, in one pass, the token after `ids` and after each of the drafted tokens that follow them. The first result
   * is always valid; each later one only if all drafts before it were accepted.
   */
  async verifyDrafts(
    ids: readonly number[],
    drafts: readonly number[],
    { promptLength, memory = {}, firstDraw, sampling, alternatives }: TokenSampling,
    signal?: AbortSignal,
  ): Promise<DecodedToken[]> {
    await this.reserve(1);
    await this.ensurePrefix(0, ids.slice(0, -1), signal);
    const all = [...ids, ...drafts];
    let now = memory;
    const rows = Array.from({ length: drafts.length + 1 }, (_, index) => {
      const draft = drafts[index - 1];
      // How likely a draft is, on which mirostat depends, is not known yet: that one cannot be combined with drafts.
      if (draft !== undefined) now = afterToken(now, { id: draft, logprob: 0 }, sampling);
      const row = {
        sequence: 0,
        ids: all.slice(0, ids.length + index),
        promptLength,
        draw: firstDraw + index,
      };
      return { ...row, ...now };
    });
    return this.sampleNext({ rows, sampling, alternatives });
  }

  /** Computes the last id of each row and samples the token after it. Everything before that id must be cached. */
  async sampleNext(request: SampleRequest): Promise<DecodedToken[]> {
    for (const { sequence, ids } of request.rows)
      this.cached[sequence] = this.cached[sequence]?.slice(0, ids.length - 1) ?? [];
    const tokens = await this.runtime.sampleNext(request);
    for (const { sequence, ids } of request.rows) this.cached[sequence] = [...ids];
    return tokens;
  }

  /** Copies the first `length` positions of one sequence to others. */
  async fork(from: number, to: readonly number[], length: number): Promise<void> {
    const held = (this.cached[from] ?? []).slice(0, length);
    for (const sequence of to) this.cached[sequence] = [];
    await this.runtime.fork(from, to, length);
    for (const sequence of to) this.cached[sequence] = [...held];
  }

  /** Records what a direct call of the runtime left in the cache of a sequence; by default nothing. */
  setContent(sequence: number, ids: readonly number[] = []): void {
    this.cached[sequence] = [...ids];
  }

  /** Forgets all contents, as the weights have changed. */
  clear(): void {
    this.cached = this.cached.map(() => []);
  }

  /** The runtime's token loop, with the cached ids kept up to date. */
  async *decode(request: DecodeRequest): AsyncGenerator<DecodedToken[]> {
    const newest = new Map<number, number>();
    const started = performance.now();
    let steps = 0;
    let firstAt = started;
    for await (const tokens of this.runtime.decode(request)) {
      // The keys and values of a token are written in the step that yields the next token.
      for (const { sequence, id } of tokens) {
        const before = newest.get(sequence);
        if (before !== undefined) this.cached[sequence]?.push(before);
        newest.set(sequence, id);
      }
      const now = performance.now();
      if (steps === 0) firstAt = now;
      else this.times.decodeTokensPerSecond = (steps * 1000) / Math.max(0.1, now - firstAt);
      steps++;
      yield tokens;
    }
  }

  private async reserve(count: number): Promise<void> {
    if (count === this.cached.length) return;
    // If this fails for lack of memory, the runtime and this record stay as they were.
    await this.runtime.reserve(count);
    const first = this.cached[0] ?? [];
    this.cached = [first, ...Array.from({ length: count - 1 }, () => [])];
  }
}

/** Number of equal leading elements. */
function commonPrefix(left: readonly number[], right: readonly number[]): number {
  const most = Math.min(left.length, right.length);
  let at = 0;
  while (at < most && left[at] === right[at]) at++;
  return at;
}
