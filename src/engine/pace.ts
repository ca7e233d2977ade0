/** Passes that are looked back on. */
const windowPasses = 16;
/** Passes with a guess that must have been timed before time decides. */
const timedPasses = 6;

interface Pass {
  guessed: boolean;
  accepted: number;
  milliseconds: number;
}

/**
 * Whether guessing pays: what the latest passes took against what the token loop would have taken for the same tokens.
 * Pays until proven otherwise; medians, so that a pass that had to wait for a compiler does not count.
 */
export class Pace {
  private readonly latest: Pass[] = [];

  /** @param plainMilliseconds what the token loop takes for a token */
  constructor(private readonly plainMilliseconds: number) {}

  note(guesses: number, accepted: number, milliseconds: number): void {
    this.latest.push({ guessed: guesses > 0, accepted, milliseconds });
    if (this.latest.length > windowPasses) this.latest.shift();
  }

  get pays(): boolean {
    const accepted = this.latest.reduce((sum, pass) => sum + pass.accepted, 0);
    if (this.latest.length === windowPasses && accepted === 0) return false;
    const guessed = this.latest.filter((pass) => pass.guessed);
    if (guessed.length < timedPasses) return true;
    const plain = this.latest.filter((pass) => !pass.guessed);
    const spent = guessed.length * median(guessed) + plain.length * median(plain);
    return spent < (this.latest.length + accepted) * this.plainMilliseconds;
  }
}

function median(passes: readonly Pass[]): number {
  const sorted = passes.map(({ milliseconds }) => milliseconds).sort((left, right) => left - right);
  return sorted[sorted.length >> 1] ?? 0;
}
