import { compileConstraint } from '../../constraint/index.ts';
import type { TokenAutomaton } from '../../sampling/index.ts';
import { seeded } from './numbers.ts';

/** Tokens of one to four letters a to e, as an automaton over them: the last token ends the text. */
export function lettersAutomaton(regex: string, count: number): TokenAutomaton {
  const next = seeded(count);
  const tokens = Array.from({ length: count }, (_, id) => {
    const length = id < 5 ? 1 : 1 + Math.floor(next() * 4);
    return Uint8Array.from({ length }, () => 97 + (id < 5 ? id : Math.floor(next() * 5)));
  });
  const tokenizer = { isSpecial: () => false, bytes: (id: number) => tokens[id] ?? new Uint8Array() };
  return compileConstraint({ regex }, { tokenizer, count, eosTokenIds: [count - 1] });
}
