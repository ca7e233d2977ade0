import { VitrineError } from '../lib/index.ts';
import { automatonHeader, endsText, nextState, stateFlags, type TokenAutomaton } from '../sampling/index.ts';
import type { Tokenizer } from '../tokenizer/index.ts';
import { checkConstraint } from './check.ts';
import { backward, type Dfa, determinise } from './dfa.ts';
import { jsonSchemaSyntax } from './json-schema.ts';
import { buildNfa } from './nfa.ts';
import { parseRegex } from './regex.ts';
import { choice, literal, type Syntax } from './syntax.ts';
import type { Constraint } from './types.ts';

/** The vocabulary of a model. */
export interface TokenTable {
  tokenizer: Pick<Tokenizer, 'bytes' | 'isSpecial'>;
  /** Ids from this one on are no tokens. */
  count: number;
  /** Ids that end a text. */
  eosTokenIds: readonly number[];
}

/**
 * The automaton of a constraint over a model's tokens.
 * @throws VitrineError `invalid-argument` for a constraint that is not understood, too large, or that no text of these
 * tokens can match
 */
export function compileConstraint(constraint: Constraint, tokens: TokenTable): TokenAutomaton {
  const { states, ...dfa } = determinise(buildNfa(syntaxOf(constraint)));
  const automaton: TokenAutomaton = { ...dfa, ...tokenBytes(tokens) };
  if (!hasEveryByte(automaton)) markLive(automaton, { ...dfa, states });
  return automaton;
}

function syntaxOf(constraint: Constraint): Syntax {
  checkConstraint(constraint);
  if ('regex' in constraint) return parseRegex(constraint.regex).syntax;
  if ('jsonSchema' in constraint) return jsonSchemaSyntax(constraint.jsonSchema);
  return choice(...constraint.choices.map(literal));
}

const longestToken = endsText - 1;

/** The bytes of all tokens. Special tokens are no part of a text. */
function tokenBytes({ tokenizer, count, eosTokenIds }: TokenTable): Pick<TokenAutomaton, 'bytes' | 'spans'> {
  const spans = new Uint32Array(count);
  const parts: Uint8Array[] = [];
  let length = 0;
  for (let id = 0; id < count; id++) {
    const bytes = tokenizer.isSpecial(id) ? new Uint8Array() : tokenizer.bytes(id);
    if (eosTokenIds.includes(id)) spans[id] = endsText;
    else if (bytes.length > 0 && bytes.length <= longestToken) {
      spans[id] = length * 256 + bytes.length;
      parts.push(bytes);
      length += bytes.length;
    }
  }
  const all = new Uint8Array(Math.ceil(length / 4) * 4);
  let at = 0;
  for (const bytes of parts) {
    all.set(bytes, at);
    at += bytes.length;
  }
  return { bytes: all, spans };
}

/** With a token for each byte, tokens reach whatever bytes reach. */
function hasEveryByte({ bytes, spans }: TokenAutomaton): boolean {
  const single = new Set<number>();
  for (const span of spans) if ((span & 0xff) === 1) single.add(bytes[span >>> 8] as number);
  return single.size === 256;
}

/** Leaves the flag `live` only on states from which tokens, and not bytes alone, lead to an end. */
function markLive(automaton: TokenAutomaton, { table, classes, states }: Dfa): void {
  const from: number[][] = Array.from({ length: states }, () => []);
  for (let state = 0; state < states; state++) {
    const reached = new Set<number>();
    for (const [id, span] of automaton.spans.entries()) {
      const length = span & 0xff;
      if (length === 0 || length === endsText) continue;
      const next = nextState(automaton, state, id);
      if (next !== undefined) reached.add(next);
    }
    for (const next of reached) from[next]?.push(state);
  }
  const at = (state: number) => automatonHeader + state * (classes + 1);
  const accepts = from.map((_, state) => ((table[at(state)] as number) & stateFlags.accepts) !== 0);
  const live = backward(from, accepts);
  if (!live[0])
    throw new VitrineError('invalid-argument', "No text of this model's tokens matches the constraint.");
  for (const [state, yes] of live.entries())
    if (!yes) table[at(state)] = (table[at(state)] as number) & ~stateFlags.live;
}
