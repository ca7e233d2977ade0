import { type PointerEvent, useMemo } from 'react';
import { useActions, useCurrentVersion, usePageState } from '../hooks.tsx';
import { surprisal } from '../lib/shade.ts';
import type { TextToken } from '../state/document.ts';

const height = 40;
const mostBits = 16;

function bars(tokens: readonly TextToken[]): string {
  let path = '';
  tokens.forEach((token, i) => {
    if (token.logprob === null || Number.isNaN(token.logprob)) return;
    const tall = Math.max(0.6, (Math.min(surprisal(token.logprob), mostBits) / mostBits) * height);
    path += `M${i} ${height}v${-tall.toFixed(1)}h.8v${tall.toFixed(1)}z`;
  });
  return path;
}

function summary(tokens: readonly TextToken[]): { bits: number; perplexity: number; count: number } | null {
  const known = tokens.filter((token) => token.logprob !== null && !Number.isNaN(token.logprob));
  if (known.length === 0) return null;
  const mean = known.reduce((sum, token) => sum - (token.logprob ?? 0), 0) / known.length;
  return { bits: mean / Math.LN2, perplexity: Math.exp(mean), count: known.length };
}

/** Each token's surprise over the whole text, in bits. Always the same height, so that nothing moves. */
export function Surprisal() {
  const actions = useActions();
  const { tokens } = useCurrentVersion();
  const still = usePageState((state) => state.phase === 'ready');
  const inspected = usePageState((state) => state.inspected);
  const path = useMemo(() => bars(tokens), [tokens]);
  const figures = useMemo(() => summary(tokens), [tokens]);
  const wide = Math.max(tokens.length, 120);

  function onPointerDown(event: PointerEvent<SVGSVGElement>) {
    const box = event.currentTarget.getBoundingClientRect();
    const at = Math.floor(((event.clientX - box.left) / box.width) * wide);
    if (still && at >= 0 && at < tokens.length) actions.inspect(at);
  }

  const words = figures
    ? `${figures.bits.toFixed(1)} bits per token, perplexity ${figures.perplexity.toFixed(1)}`
    : 'no token scored yet';
  return (
    <figure className="surprisal" data-testid="surprisal">
      <svg
        viewBox={`0 0 ${wide} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Surprise of each token: ${words}`}
        onPointerDown={onPointerDown}
      >
        <path d={path} />
        {inspected !== null && (
          <rect className="surprisal-mark" x={inspected} y={0} width={1} height={height} />
        )}
      </svg>
      <figcaption>
        <span>Surprise</span>
        <span className="figure-number">{figures ? words : ''}</span>
      </figcaption>
    </figure>
  );
}
