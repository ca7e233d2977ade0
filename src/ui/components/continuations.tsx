import { memo } from 'react';
import { formatPerplexity } from '../../lib/index.ts';
import { useActions, useCurrentVersion, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { versionText } from '../state/document.ts';
import type { Continuation } from '../state/types.ts';
import { TokenRuns } from './token-layer.tsx';

const words = messages.continuations;

const mostCharacters = 90;

function perplexity({ tokens }: Continuation): string {
  const known = tokens.filter((token) => token.logprob !== null);
  if (known.length === 0) return '';
  const mean = known.reduce((sum, token) => sum + (token.logprob ?? 0), 0) / known.length;
  return words.perplexity(formatPerplexity(Math.exp(-mean)));
}

interface ColumnProps {
  continuation: Continuation;
  shaded: boolean;
}

const Column = memo(function Column({ continuation, shaded }: ColumnProps) {
  const actions = useActions();
  const still = usePageState((state) => state.phase !== 'generating');
  const name = words.name(continuation.sequence + 1);
  return (
    <article className="continuation" aria-label={name} data-testid="continuation">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className="continuation-text" dir="auto" tabIndex={0} aria-label={words.text(name)}>
        <TokenRuns tokens={continuation.tokens} shaded={shaded} />
      </section>
      <footer className="continuation-foot">
        <button
          type="button"
          disabled={!still}
          onClick={() => actions.keepContinuation(continuation.sequence)}
        >
          {words.keep} <span className="visually-hidden">{name}</span>
        </button>
        <span className="muted figure-number">{perplexity(continuation)}</span>
      </footer>
    </article>
  );
});

/** The last words of a text: enough to know what is being continued. */
function ending(text: string): string {
  const last = text.trimEnd().slice(-mostCharacters);
  if (last.length === text.trimEnd().length) return last;
  const from = last.search(/\s/) + 1;
  return `… ${last.slice(from)}`;
}

/** Several continuations of the same beginning, side by side while they are written. */
export function Continuations() {
  const actions = useActions();
  const continuations = usePageState((state) => state.continuations);
  const shaded = usePageState((state) => state.shaded);
  const still = usePageState((state) => state.phase !== 'generating');
  const beginning = versionText(useCurrentVersion());
  return (
    <section className="continuations" aria-label={words.label}>
      <header className="continuations-head">
        <p className="continuations-beginning" dir="auto">
          {ending(beginning)}
        </p>
        <button type="button" className="quiet" disabled={!still} onClick={actions.discardContinuations}>
          {words.discard}
        </button>
      </header>
      <div className="continuations-columns">
        {continuations.map((continuation) => (
          <Column key={continuation.sequence} continuation={continuation} shaded={shaded} />
        ))}
      </div>
    </section>
  );
}
