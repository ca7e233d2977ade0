/** Newest passes that count. */
const windowPasses = 16;
/** Timed passes needed before time decides; fewer after it has decided against drafting. */
const timedPasses = 4;
const timedPassesWhenDoubted = 2;
/** Passes in a row in which no draft was accepted, before drafting pauses. */
const rejectedPasses = 3;
/** Tokens of the first pause, by its reason; each pause is twice the one before, up to the longest. */
const firstPause = { rejected: 16, slow: 64 };
const longestPause = 512;

/** Tokens to generate without drafts: the newest drafts were all rejected, or the passes were slower than decoding. */
export interface SpeculationPause {
  tokens: number;
  reason: 'rejected' | 'slow';
}

interface Pass {
  accepted: number;
  milliseconds: number;
}

/**
 * Decides whether drafting pays: compares the time of the newest passes with the time the token loop would take for the
 * same tokens. Where it does not, drafting pauses and is tried again later, at growing intervals.
 */
export class SpeculationPolicy {
  private latest: Pass[] = [];
  private rejected = 0;
  private readonly nextPause = { ...firstPause };

  /**
   * Records the result of a pass.
   * @param plainMilliseconds time of the token loop for one token
   * @returns the pause to make before the next draft; undefined to go on
   */
  record(accepted: number, milliseconds: number, plainMilliseconds: number): SpeculationPause | undefined {
    this.latest.push({ accepted, milliseconds });
    if (this.latest.length > windowPasses) this.latest.shift();
    this.rejected = accepted > 0 ? 0 : this.rejected + 1;
    if (this.rejected >= rejectedPasses) return this.pause('rejected');
    const doubted = this.nextPause.slow > firstPause.slow;
    if (this.latest.length < (doubted ? timedPassesWhenDoubted : timedPasses)) return undefined;
    const tokens = this.latest.reduce((sum, pass) => sum + 1 + pass.accepted, 0);
    // A pass that waited for a compiler says nothing about the others: cap it.
    const most = 3 * median(this.latest.map(({ milliseconds }) => milliseconds));
    const spent = this.latest.reduce((sum, { milliseconds }) => sum + Math.min(most, milliseconds), 0);
    if (spent >= tokens * plainMilliseconds) return this.pause('slow');
    Object.assign(this.nextPause, firstPause);
    return undefined;
  }

  private pause(reason: SpeculationPause['reason']): SpeculationPause {
    const tokens = this.nextPause[reason];
    this.nextPause[reason] = Math.min(longestPause, 2 * tokens);
    this.latest = [];
    this.rejected = 0;
    return { tokens, reason };
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 1] ?? 0;
}
