import type { GeneratedToken } from '../engine/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import type { ServerToken } from './shapes.ts';

/** Ids of tokens by the names that servers write. */
export class TokenIds {
  private byName: Map<string, number> | undefined;

  constructor(private readonly tokenizer: Tokenizer | undefined) {}

  /** The id the server told, else the one whose text is the name; -1 where neither is known. */
  of(name: string, told: number | undefined): number {
    return told ?? this.names().get(name) ?? -1;
  }

  private names(): Map<string, number> {
    if (this.byName) return this.byName;
    const names = new Map<string, number>();
    const { tokenizer } = this;
    for (let id = 0; tokenizer && id < tokenizer.size; id++) {
      const text = tokenizer.text(id);
      // A part of a character has no text that would tell it from others.
      if (text !== '' && !text.includes('\ufffd') && !names.has(text)) names.set(text, id);
    }
    this.byName = names;
    return names;
  }
}

/** The first `count` alternatives of a token, best first. */
export function likeliestOf(
  { alternatives }: ServerToken,
  count: number,
  ids: TokenIds,
): GeneratedToken['alternatives'] {
  return alternatives
    .slice(0, count)
    .map(({ name, id, logprob }) => ({ id: ids.of(name, id), text: name, logprob }));
}
