import { VitrineError } from '../lib/index.ts';
import type { Range, Syntax } from './syntax.ts';
import { utf8Sequences } from './utf8.ts';

/** Most states before the automaton is made deterministic. */
export const mostNfaStates = 100_000;

/** An automaton over bytes with empty steps; it starts in state 0 and ends in `end`. */
export interface Nfa {
  /** By state: steps on a range of bytes. */
  steps: { range: Range; to: number }[][];
  /** By state: steps on nothing. */
  empty: number[][];
  end: number;
}

/** @throws VitrineError `invalid-argument` when it grows too large */
export function buildNfa(syntax: Syntax): Nfa {
  const builder = new Builder();
  const start = builder.state();
  const end = builder.add(syntax, start);
  return { steps: builder.steps, empty: builder.empty, end };
}

class Builder {
  readonly steps: { range: Range; to: number }[][] = [];
  readonly empty: number[][] = [];

  state(): number {
    if (this.steps.length >= mostNfaStates) throw tooLarge(`${mostNfaStates} states as written`);
    this.steps.push([]);
    this.empty.push([]);
    return this.steps.length - 1;
  }

  /** Adds what begins in a state; the state where it ends comes back. */
  add(syntax: Syntax, from: number): number {
    switch (syntax.type) {
      case 'set':
        return this.addSet(syntax.ranges, from);
      case 'sequence':
        return syntax.parts.reduce((at, part) => this.add(part, at), from);
      case 'choice':
        return this.addChoice(syntax.parts, from);
      case 'repeat':
        return this.addRepeat(syntax, from);
    }
  }

  private link(from: number, to: number): void {
    this.empty[from]?.push(to);
  }

  private addSet(ranges: readonly Range[], from: number): number {
    const end = this.state();
    for (const bytes of ranges.flatMap(utf8Sequences)) {
      let at = from;
      for (const [index, range] of bytes.entries()) {
        const to = index === bytes.length - 1 ? end : this.state();
        this.steps[at]?.push({ range, to });
        at = to;
      }
    }
    return end;
  }

  private addChoice(parts: readonly Syntax[], from: number): number {
    const end = this.state();
    for (const part of parts) {
      const start = this.state();
      this.link(from, start);
      this.link(this.add(part, start), end);
    }
    return end;
  }

  private addRepeat({ part, min, max }: Extract<Syntax, { type: 'repeat' }>, from: number): number {
    let at = from;
    for (let count = 0; count < min; count++) at = this.add(part, at);
    if (max === Number.POSITIVE_INFINITY) return this.addLoop(part, at);
    const end = this.state();
    this.link(at, end);
    for (let count = min; count < max; count++) {
      at = this.add(part, at);
      this.link(at, end);
    }
    return end;
  }

  private addLoop(part: Syntax, from: number): number {
    const loop = this.state();
    this.link(from, loop);
    this.link(this.add(part, loop), loop);
    // What follows must not lead back into the loop's own steps.
    const end = this.state();
    this.link(loop, end);
    return end;
  }
}

export function tooLarge(what: string): VitrineError {
  return new VitrineError(
    'invalid-argument',
    `The constraint needs more than ${what}. Make its repetitions and alternatives fewer.`,
  );
}
