import type { GeneratedToken, ModelStats } from '../engine/index.ts';

/** Sends tokens in batches: all that arrive in one turn of the event loop go out together, with one record of rates. */
export class TokenSender {
  private pending: GeneratedToken[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly post: (tokens: GeneratedToken[], stats: ModelStats) => void,
    private readonly stats: () => ModelStats,
  ) {}

  push(token: GeneratedToken): void {
    this.pending.push(token);
    this.timer ??= setTimeout(() => this.flush());
  }

  /** Sends at once. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const tokens = this.pending;
    if (tokens.length === 0) return;
    this.pending = [];
    this.post(tokens, this.stats());
  }
}
