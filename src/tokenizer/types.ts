/** Text to token ids and back, exactly as the model's own tokenizer does it. */
export interface Tokenizer {
  /** What it is, for people: `byte-level BPE`, `WordPiece`, `Unigram` … */
  readonly kind: string;
  /** What was assumed or set aside while its files were read, as sentences. */
  readonly notices: readonly string[];
  /** One more than the highest id. */
  readonly size: number;
  /** The tokenizer's own end-of-text id, or undefined. */
  readonly eosTokenId: number | undefined;
  /** Ids that a template puts before those of each text. */
  readonly before: readonly number[];
  /**
   * Never throws on any text; special tokens typed in the text become their ids. What a template puts before a text
   * comes first; what it puts after a text is left out, since writing goes on there.
   */
  encode(text: string): number[];
  /** All of the ids' bytes decoded at once; special tokens appear as their text. */
  decode(ids: readonly number[]): string;
  /** The bytes of one token amid others, not to be changed; empty for an unknown id. */
  bytes(id: number): Uint8Array;
  /** The text of one token amid others: a leading space stays. */
  text(id: number): string;
  isSpecial(id: number): boolean;
  /** A decoder for tokens that come one by one, after the ids `before`. */
  stream(before?: readonly number[]): StreamDecoder;
}

/** Never splits a character and never loses one: all pieces and the end joined equal the decoded whole. */
export interface StreamDecoder {
  /** The text this token completes; '' while a character is unfinished. */
  push(id: number): string;
  /** What is left, as U+FFFD where bytes are not whole characters. */
  end(): string;
}
