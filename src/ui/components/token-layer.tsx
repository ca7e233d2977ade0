import { memo } from 'react';
import { shadeOf } from '../lib/shade.ts';
import type { TextToken, Version } from '../state/document.ts';

const chunk = 48;

interface TokenProps {
  token: TextToken;
  index: number;
  shaded: boolean;
  /** How far a second model leads, -3 to 3; undefined where the text is not shaded by that. */
  lead: number | undefined;
  /** How much a head of the model looks here, 0 to 5; undefined where the text is not shaded by that. */
  look: number | undefined;
  inspected: boolean;
}

const Token = memo(function Token({ token, index, shaded, lead, look, inspected }: TokenProps) {
  const shade = shaded && lead === undefined && look === undefined ? shadeOf(token.logprob) : null;
  return (
    <span
      data-i={index}
      data-shade={shade || undefined}
      data-lead={(look === undefined && lead) || undefined}
      data-look={look || undefined}
      data-origin={token.origin}
      data-inspected={inspected || undefined}
    >
      {token.text}
    </span>
  );
});

interface ChunkProps {
  tokens: readonly TextToken[];
  from: number;
  shaded: boolean;
  leads: readonly number[] | null;
  looks: readonly number[] | null;
  inspected: number | null;
}

function sameChunk(a: ChunkProps, b: ChunkProps): boolean {
  const plain =
    a.from === b.from &&
    a.shaded === b.shaded &&
    a.leads === b.leads &&
    a.looks === b.looks &&
    a.inspected === b.inspected;
  return plain && a.tokens.length === b.tokens.length && a.tokens.every((token, i) => token === b.tokens[i]);
}

/** A run of tokens that is drawn again only when one of them changes: most of a growing text stays as it is. */
const Chunk = memo(function Chunk({ tokens, from, shaded, leads, looks, inspected }: ChunkProps) {
  return tokens.map((token, i) => (
    <Token
      // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place in the text
      key={i}
      token={token}
      index={from + i}
      shaded={shaded}
      lead={leads?.[from + i]}
      look={looks ? (looks[from + i] ?? 0) : undefined}
      inspected={inspected === from + i}
    />
  ));
}, sameChunk);

interface RunsProps {
  tokens: readonly TextToken[];
  shaded: boolean;
  leads?: readonly number[] | null;
  looks?: readonly number[] | null;
  inspected?: number | null;
}

/** Tokens one after another; of a text that grows only the end is drawn again. */
export function TokenRuns({ tokens, shaded, leads = null, looks = null, inspected = null }: RunsProps) {
  const chunks = [];
  for (let from = 0; from < tokens.length; from += chunk) {
    const inside = inspected !== null && inspected >= from && inspected < from + chunk;
    chunks.push(
      <Chunk
        key={from}
        tokens={tokens.slice(from, from + chunk)}
        from={from}
        shaded={shaded}
        leads={leads}
        looks={looks}
        inspected={inside ? inspected : null}
      />,
    );
  }
  return chunks;
}

interface LayerProps {
  version: Version;
  shaded: boolean;
  leads: readonly number[] | null;
  looks: readonly number[] | null;
  inspected: number | null;
}

/** The tokens behind the text field, set exactly as the field sets its text: only their shading is seen. */
export function TokenLayer({ version, shaded, leads, looks, inspected }: LayerProps) {
  // The last character keeps an empty last line as tall as the field's. It is made anew for each token: moved along,
  // it would count as something that jumps about.
  return (
    <div className="token-layer" aria-hidden="true" dir="auto" data-shaded={shaded || undefined}>
      <TokenRuns tokens={version.tokens} shaded={shaded} leads={leads} looks={looks} inspected={inspected} />
      <span key={`end-${version.tokens.length}`} data-i={version.tokens.length}>
        {version.tail}
        {'\u200b'}
      </span>
    </div>
  );
}
