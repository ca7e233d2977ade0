import { memo } from 'react';
import { showToken } from '../../lib/index.ts';
import { useActions, usePageState } from '../hooks.tsx';
import { shadeOf } from '../lib/shade.ts';
import { messages } from '../messages/index.ts';
import type { TextToken, Version } from '../state/document.ts';
import { useLooks } from './use-looks.ts';

const words = messages.chips;

interface ChipProps {
  token: TextToken;
  index: number;
  shade: number | null;
  look: number | undefined;
  inspected: boolean;
  onInspect(index: number): void;
}

const Chip = memo(function Chip({ token, index, shade, look, inspected, onInspect }: ChipProps) {
  const text = showToken(token.text);
  return (
    <li>
      <button
        type="button"
        className="token-chip"
        data-i={index}
        data-shade={shade || undefined}
        data-look={look || undefined}
        data-inspected={inspected || undefined}
        aria-label={words.token(text, token.id)}
        onClick={() => onInspect(index)}
      >
        <bdi className="token-text">{text}</bdi>
        <span className="token-id">{token.id}</span>
      </button>
    </li>
  );
});

/** The text token by token, each with its id. Pressing one shows what the model considered in its place. */
export function TokenChips({ version, inspected }: { version: Version; inspected: number | null }) {
  const actions = useActions();
  const shaded = usePageState((state) => state.shaded);
  const looks = useLooks();
  const { tokens } = version;
  return (
    <div className="token-chips" data-testid="chips">
      <p className="explain">{tokens.length > 0 ? words.explain : words.empty}</p>
      <ol aria-label={words.label} dir="auto">
        {tokens.map((token, i) => (
          <Chip
            // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place in the text
            key={i}
            token={token}
            index={i}
            shade={shaded && !looks ? shadeOf(token.logprob) : null}
            look={looks?.[i]}
            inspected={inspected === i}
            onInspect={actions.inspect}
          />
        ))}
      </ol>
    </div>
  );
}
