import { formatPerplexity } from '../../lib/index.ts';
import { messages } from '../messages/index.ts';
import type { Version } from '../state/document.ts';

const words = messages.versions;

function rest(version: Version, from: number): string {
  const text = version.tokens.slice(from).map((token) => token.text);
  return text.join('') + version.tail;
}

function perplexity(version: Version, from: number): string {
  const known = version.tokens
    .slice(from)
    .filter((token) => token.logprob !== null && !Number.isNaN(token.logprob));
  if (known.length === 0) return '–';
  const mean = known.reduce((sum, token) => sum + (token.logprob ?? 0), 0) / known.length;
  return formatPerplexity(Math.exp(-mean));
}

interface CompareProps {
  /** How many tokens the two begin with alike. */
  shared: number;
  here: Version;
  there: Version;
  onClose(): void;
}

/** Two versions side by side from where they part. */
export function Compare({ shared, here, there, onClose }: CompareProps) {
  const sides = [
    { name: words.thisOne, version: here },
    { name: words.other, version: there },
  ];
  return (
    <section className="compare" aria-label={words.comparison} data-testid="compare">
      <p className="muted">
        {words.differ(shared)}{' '}
        <button type="button" className="link" onClick={onClose}>
          {words.close}
        </button>
      </p>
      <div className="compare-sides">
        {sides.map(({ name, version }) => (
          <div key={name}>
            <h3>{name}</h3>
            <p className="explain">{words.perplexity(perplexity(version, shared))}</p>
            <p className="branch-text" dir="auto">
              {rest(version, shared)}
            </p>
          </div>
        ))}
      </div>
    </section>
  );
}
