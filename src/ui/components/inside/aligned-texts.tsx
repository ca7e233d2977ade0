import { useEffect, useMemo } from 'react';
import { showToken } from '../../../lib/index.ts';
import { useCurrentVersion, usePage } from '../../hooks.tsx';
import { insideMessages } from '../../messages/inside.ts';

const words = insideMessages.patch;

interface AlignedTextsProps {
  clean: string;
  /** True where both texts have as many tokens and differ. */
  onAligned(aligned: boolean): void;
}

/** Both texts one above the other, token by token; where they differ the tokens stand out. */
export function AlignedTexts({ clean, onAligned }: AlignedTextsProps) {
  const { pieces } = usePage();
  const { tokens, tail } = useCurrentVersion();
  const other = useMemo(() => pieces(clean), [pieces, clean]);
  const here = tokens.map(({ text }) => text);
  const settled = clean !== '' && tail === '';
  const long = settled && here.length === other.length;
  const differs = other.some((text, i) => text !== here[i]);
  const aligned = long && differs;
  useEffect(() => onAligned(aligned), [onAligned, aligned]);
  if (!settled) return null;
  if (!long) return <p className="inside-problem">{words.lengths(here.length, other.length)}</p>;
  return (
    <div className="aligned">
      {!differs && <p className="muted">{words.same}</p>}
      <ol aria-label={words.aligned}>
        {here.map((text, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place in the text
          <li key={i} data-differs={text !== other[i] || undefined}>
            <bdi className="token-text">{showToken(text)}</bdi>
            <bdi className="token-text">{showToken(other[i] ?? '')}</bdi>
          </li>
        ))}
      </ol>
    </div>
  );
}
