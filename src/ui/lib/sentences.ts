/** The leading part of a text that consists of finished sentences or lines; empty when none is finished yet. */
export function completeSentences(text: string): string {
  const ends = /[.!?…。！？؟]['"”’»)\]]*\s+|\n+/gu;
  let end = 0;
  for (const match of text.matchAll(ends)) end = match.index + match[0].length;
  return text.slice(0, end);
}
