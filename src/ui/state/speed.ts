import type { Run } from './types.ts';

const windowMs = 1000;
/** Below this a rate says nothing: several sequences, or a batch, arrive at the same time. */
const shortestMs = 250;
const sampleEveryMs = 250;

/** Follows the tokens of one run: how many, how fast over the last second, and how that went. */
export class Speedometer {
  #arrivals: number[] = [];
  #tokens = 0;
  #firstTokenMs: number | null = null;
  #samples: { at: number; tokensPerSecond: number }[] = [];
  readonly #startedAt: number;

  constructor(now: number) {
    this.#startedAt = now;
  }

  token(now: number): void {
    this.#tokens += 1;
    this.#firstTokenMs ??= now - this.#startedAt;
    this.#arrivals.push(now);
    while ((this.#arrivals[0] ?? now) < now - windowMs) this.#arrivals.shift();
  }

  read(now: number): Pick<Run, 'tokens' | 'startedAt' | 'firstTokenMs' | 'tokensPerSecond' | 'samples'> {
    const begun = this.#startedAt + (this.#firstTokenMs ?? 0);
    const span = Math.min(windowMs, now - begun);
    const recent = this.#arrivals.filter((arrival) => arrival > now - span).length;
    const rate = span >= shortestMs ? (recent * 1000) / span : 0;
    const at = now - this.#startedAt;
    const previous = this.#samples.at(-1);
    if (rate > 0 && (!previous || at - previous.at >= sampleEveryMs))
      this.#samples = [...this.#samples, { at, tokensPerSecond: rate }];
    return {
      tokens: this.#tokens,
      startedAt: this.#startedAt,
      firstTokenMs: this.#firstTokenMs,
      tokensPerSecond: rate,
      samples: this.#samples,
    };
  }

  /** Mean over the whole run after its first token. */
  mean(now: number): number {
    const first = this.#firstTokenMs;
    if (first === null || this.#tokens < 2) return 0;
    const span = now - this.#startedAt - first;
    return span > 0 ? ((this.#tokens - 1) * 1000) / span : 0;
  }
}
