/**
 * Names of tokens as they stand amid others: their joined texts are the decoded whole. A token that only begins a
 * character has an empty name, and the one that completes it has the character.
 */
export class TokenNames {
  /** Ids whose text is out, as far as the decoder needs them, and ids of an unfinished character. */
  private before: readonly number[] = [];
  private pending: readonly number[] = [];

  /** @param decode ids to text, with U+FFFD for bytes that are not whole characters */
  constructor(private readonly decode: (ids: number[]) => string) {}

  push(id: number): string {
    const out = this.decode([...this.before]);
    const ids = [...this.pending, id];
    const text = this.decode([...this.before, ...ids]).slice(out.length);
    // Four bytes are the longest character; beyond that the bytes are broken.
    if (text.endsWith('\ufffd') && ids.length < 4) {
      this.pending = ids;
      return '';
    }
    this.before = ids;
    this.pending = [];
    return text;
  }
}
