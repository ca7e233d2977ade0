import { memo } from 'react';
import { formatPerplexity } from '../../lib/index.ts';
import { useActions, useCurrentVersion, usePageState } from '../hooks.tsx';
import { versionText } from '../state/document.ts';
import type { Take } from '../state/types.ts';
import { TokenRuns } from './token-layer.tsx';

const mostCharacters = 90;

function meanProbability(take: Take): string {
  const known = take.tokens.filter((token) => token.logprob !== null);
  if (known.length === 0) return '';
  const mean = known.reduce((sum, token) => sum + (token.logprob ?? 0), 0) / known.length;
  return `perplexity ${formatPerplexity(Math.exp(-mean))}`;
}

const TakeColumn = memo(function TakeColumn({ take, shaded }: { take: Take; shaded: boolean }) {
  const actions = useActions();
  const still = usePageState((state) => state.phase !== 'generating');
  const name = `Continuation ${take.sequence + 1}`;
  return (
    <article className="take" aria-label={name} data-testid="take">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section className="take-text" dir="auto" tabIndex={0} aria-label={`${name}, text`}>
        <TokenRuns tokens={take.tokens} shaded={shaded} />
      </section>
      <footer className="take-foot">
        <button type="button" disabled={!still} onClick={() => actions.keepTake(take.sequence)}>
          Keep <span className="visually-hidden">{name}</span>
        </button>
        <span className="muted figure-number">{meanProbability(take)}</span>
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
export function Takes({ shaded }: { shaded: boolean }) {
  const actions = useActions();
  const takes = usePageState((state) => state.takes);
  const still = usePageState((state) => state.phase !== 'generating');
  const beginning = versionText(useCurrentVersion());
  return (
    <section className="takes" aria-label="Continuations side by side">
      <header className="takes-head">
        <p className="takes-beginning" dir="auto">
          {ending(beginning)}
        </p>
        <button type="button" className="quiet" disabled={!still} onClick={actions.dropTakes}>
          Discard all
        </button>
      </header>
      <div className="takes-columns">
        {takes.map((take) => (
          <TakeColumn key={take.sequence} take={take} shaded={shaded} />
        ))}
      </div>
    </section>
  );
}
