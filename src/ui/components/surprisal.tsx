import { memo, type PointerEvent, useMemo } from 'react';
import { formatPerplexity } from '../../lib/index.ts';
import { useActions, useCurrentVersion, usePageState } from '../hooks.tsx';
import { surprisal } from '../lib/shade.ts';
import { messages } from '../messages/index.ts';
import type { TextToken } from '../state/document.ts';
import { Term } from './term.tsx';

const words = messages.surprise;
const [bitsTerm, bitsMeaning] = messages.terms.surprise;
const [perplexityTerm, perplexityMeaning] = messages.terms.perplexity;

const height = 40;
const mostBits = 16;
/** Tokens whose bars are one path. */
const stretch = 128;

function outline(tokens: readonly TextToken[], from: number): string {
  let path = '';
  tokens.forEach((token, i) => {
    if (token.logprob === null || Number.isNaN(token.logprob)) return;
    const tall = Math.max(0.6, (Math.min(surprisal(token.logprob), mostBits) / mostBits) * height);
    path += `M${from + i} ${height}v${-tall.toFixed(1)}h.8v${tall.toFixed(1)}z`;
  });
  return path;
}

interface StretchProps {
  tokens: readonly TextToken[];
  from: number;
}

function sameStretch(a: StretchProps, b: StretchProps): boolean {
  return a.tokens.length === b.tokens.length && a.tokens.every((token, i) => token === b.tokens[i]);
}

/** Some of the bars, made anew only when one of their tokens changed. */
const Stretch = memo(function Stretch({ tokens, from }: StretchProps) {
  return <path d={outline(tokens, from)} />;
}, sameStretch);

function bars(tokens: readonly TextToken[]) {
  const stretches = [];
  for (let from = 0; from < tokens.length; from += stretch)
    stretches.push(<Stretch key={from} tokens={tokens.slice(from, from + stretch)} from={from} />);
  return stretches;
}

/** Figures of a whole text. */
interface Summary {
  bits: number;
  perplexity: number;
  count: number;
}

function summary(tokens: readonly TextToken[]): Summary | null {
  let count = 0;
  let sum = 0;
  for (const { logprob } of tokens) {
    if (logprob === null || Number.isNaN(logprob)) continue;
    count += 1;
    sum -= logprob;
  }
  if (count === 0) return null;
  const mean = sum / count;
  return { bits: mean / Math.LN2, perplexity: Math.exp(mean), count };
}

function Caption({ figures }: { figures: Summary | null }) {
  return (
    <figcaption>
      <span>{words.title}</span>
      {figures && (
        <span className="figure-number">
          {figures.bits.toFixed(1)} <Term term={bitsTerm} meaning={bitsMeaning} />,{' '}
          <Term term={perplexityTerm} meaning={perplexityMeaning} /> {formatPerplexity(figures.perplexity)}
        </span>
      )}
    </figcaption>
  );
}

/** Each token's surprise over the whole text, in bits. Always the same height, so that nothing moves. */
export function Surprisal() {
  const actions = useActions();
  const { tokens } = useCurrentVersion();
  const still = usePageState((state) => state.phase === 'ready');
  const inspected = usePageState((state) => state.inspected);
  const figures = useMemo(() => summary(tokens), [tokens]);
  const wide = Math.max(tokens.length, 120);

  function onPointerDown(event: PointerEvent<SVGSVGElement>) {
    const box = event.currentTarget.getBoundingClientRect();
    const at = Math.floor(((event.clientX - box.left) / box.width) * wide);
    if (still && at >= 0 && at < tokens.length) actions.inspect(at);
  }

  const said = figures
    ? words.summary(figures.bits.toFixed(1), formatPerplexity(figures.perplexity))
    : words.none;
  return (
    <figure className="surprisal" data-testid="surprisal">
      <svg
        viewBox={`0 0 ${wide} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={words.label(said)}
        onPointerDown={onPointerDown}
      >
        {bars(tokens)}
        {inspected !== null && (
          <rect className="surprisal-mark" x={inspected} y={0} width={1} height={height} />
        )}
      </svg>
      <Caption figures={figures} />
    </figure>
  );
}
