const longestCharacter = 12;

/**
 * Cuts a text into the texts of its tokens, so that they join to exactly the text: a token that ends inside
 * a character has the empty piece, the token that completes it has the whole character.
 */
export function textPieces(
  text: string,
  ids: readonly number[],
  decode: (ids: number[]) => string,
): string[] {
  const pieces: string[] = [];
  let at = 0;
  let group: number[] = [];
  for (const id of ids) {
    group.push(id);
    const piece = decode(group);
    const whole = piece !== '' && text.startsWith(piece, at);
    pieces.push(whole ? piece : '');
    if (whole) at += piece.length;
    if (whole || group.length > longestCharacter) group = [];
  }
  // What could not be matched (lone surrogates become U+FFFD) stays visible on the last token.
  if (at < text.length && pieces.length > 0) pieces[pieces.length - 1] += text.slice(at);
  return pieces;
}
