/** One of these texts, as a grammar of llama.cpp (GBNF). Characters beside plain letters and digits are written by number. */
export function grammarOfChoices(choices: readonly string[]): string {
  return `root ::= ${choices.map((text) => `"${[...text].map(quoted).join('')}"`).join(' | ')}`;
}

function quoted(character: string): string {
  if (/[A-Za-z0-9 ]/.test(character)) return character;
  return `\\U${(character.codePointAt(0) ?? 0).toString(16).padStart(8, '0')}`;
}
