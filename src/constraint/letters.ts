import type { TokenAutomaton } from '../sampling/index.ts';
import { compileConstraint } from './compile.ts';

/** For tests: tokens of one to four letters a to e, as an automaton over them; the last token ends the text. */
export function lettersAutomaton(regex: string, count: number): TokenAutomaton {
  // Any fixed mixture will do, with each letter alone among the first.
  const letterOf = (id: number, at: number) =>
    97 + (id < 5 ? id : ((id * 2654435761 + at * 40503) >>> 7) % 5);
  const bytesOf = (id: number) =>
    Uint8Array.from({ length: id < 5 ? 1 : 1 + ((id >>> 2) % 4) }, (_, at) => letterOf(id, at));
  const tokenizer = { isSpecial: () => false, bytes: bytesOf };
  return compileConstraint({ regex }, { tokenizer, count, eosTokenIds: [count - 1] });
}
