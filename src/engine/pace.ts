/** Passes that are looked back on. */
const windowPasses = 16;
/** Passes that must have been timed before time decides; fewer once it has decided against guessing. */
const timedPasses = 4;
const doubtedPasses = 2;
/** Passes in a row that may gain nothing. */
const patience = 3;
/** Tokens of the first rest, by its reason; each rest is twice the one before, up to the longest. */
const firstRest = { useless: 16, slow: 64 };
const longestRest = 512;

/** Tokens without guesses: the latest guesses were all wrong, or the passes took longer than they saved. */
export interface Rest {
  tokens: number;
  reason: 'useless' | 'slow';
}

interface Pass {
  accepted: number;
  milliseconds: number;
}

/**
 * Whether guessing pays: what the latest passes took against what the token loop would have taken for the same tokens.
 * Where it does not, guessing rests and is tried again later, ever more seldom.
 */
export class Pace {
  private latest: Pass[] = [];
  private useless = 0;
  private readonly nextRest = { ...firstRest };

  /**
   * Takes what came of a pass.
   * @param plainMilliseconds what the token loop takes for a token
   * @returns tokens to leave to the token loop before guessing again, and why; undefined to go on
   */
  note(accepted: number, milliseconds: number, plainMilliseconds: number): Rest | undefined {
    this.latest.push({ accepted, milliseconds });
    if (this.latest.length > windowPasses) this.latest.shift();
    this.useless = accepted > 0 ? 0 : this.useless + 1;
    if (this.useless >= patience) return this.rest('useless');
    const doubted = this.nextRest.slow > firstRest.slow;
    if (this.latest.length < (doubted ? doubtedPasses : timedPasses)) return undefined;
    const tokens = this.latest.reduce((sum, pass) => sum + 1 + pass.accepted, 0);
    // A pass that had to wait for a compiler says nothing about the others.
    const most = 3 * median(this.latest.map(({ milliseconds }) => milliseconds));
    const spent = this.latest.reduce((sum, { milliseconds }) => sum + Math.min(most, milliseconds), 0);
    if (spent >= tokens * plainMilliseconds) return this.rest('slow');
    Object.assign(this.nextRest, firstRest);
    return undefined;
  }

  private rest(reason: Rest['reason']): Rest {
    const tokens = this.nextRest[reason];
    this.nextRest[reason] = Math.min(longestRest, 2 * tokens);
    this.latest = [];
    this.useless = 0;
    return { tokens, reason };
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((left, right) => left - right)[values.length >> 1] ?? 0;
}
