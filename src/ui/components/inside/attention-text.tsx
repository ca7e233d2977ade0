import { type KeyboardEvent, memo, type PointerEvent, useEffect, useId, useRef } from 'react';
import { insideMessages as words } from '../../messages/inside.ts';

interface TokenProps {
  id: string;
  index: number;
  text: string;
  /** Strength of the shade, 0 to 100. */
  shade: number;
  from: boolean;
  after: boolean;
}

const Token = memo(function Token({ id, index, text, shade, from, after }: TokenProps) {
  const tint = `color-mix(in srgb, var(--tint) ${shade}%, transparent)`;
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus and names its active option
    <span
      id={id}
      role="option"
      aria-selected={from}
      data-token={index}
      data-from={from || undefined}
      data-after={after || undefined}
      style={shade > 0 ? { backgroundColor: tint } : undefined}
    >
      {text}
    </span>
  );
});

/** The token an event is on. */
function tokenOf(event: { target: EventTarget }): number | null {
  const index = event.target instanceof HTMLElement ? event.target.dataset.token : undefined;
  return index === undefined ? null : Number(index);
}

const keySteps: Record<string, number> = {
  ArrowLeft: -1,
  ArrowUp: -1,
  ArrowRight: 1,
  ArrowDown: 1,
  Home: Number.NEGATIVE_INFINITY,
  End: Number.POSITIVE_INFINITY,
};

type TokensProps = Pick<AttentionTextProps, 'texts' | 'row' | 'at'> & { id: string };

function Tokens({ id, texts, row, at }: TokensProps) {
  // Shades are relative: a head that spreads over many tokens would show nothing.
  const most = row.subarray(0, at + 1).reduce((a, b) => Math.max(a, b), 1e-9);
  return texts.map((text, i) => (
    <Token
      // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place in the text
      key={i}
      id={`${id}-${i}`}
      index={i}
      text={text}
      shade={i <= at ? Math.round(Math.sqrt((row[i] ?? 0) / most) * 52) : 0}
      from={i === at}
      after={i > at}
    />
  ));
}

interface AttentionTextProps {
  texts: readonly string[];
  /** [T]: how much of its attention the token gives to each. */
  row: Float32Array;
  /** The token that is looked from. */
  at: number;
  onHover(index: number | null): void;
  onChoose(index: number): void;
}

/** The text, shaded by how much one head looks at each token from one of them. */
export function AttentionText({ texts, row, at, onHover, onChoose }: AttentionTextProps) {
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (document.activeElement === box.current)
      box.current?.querySelector('[data-from]')?.scrollIntoView({ block: 'nearest' });
  });
  function onKeyDown(event: KeyboardEvent) {
    const step = keySteps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    onChoose(Math.max(0, Math.min(texts.length - 1, at + step)));
  }
  function onPointerOver(event: PointerEvent) {
    if (event.pointerType === 'mouse') onHover(tokenOf(event));
  }
  return (
    <div
      ref={box}
      className="attention inside-text"
      role="listbox"
      aria-label={words.attention.text}
      aria-activedescendant={`${id}-${at}`}
      tabIndex={0}
      dir="auto"
      onKeyDown={onKeyDown}
      onPointerOver={onPointerOver}
      onPointerLeave={() => onHover(null)}
      onClick={(event) => {
        const index = tokenOf(event);
        if (index !== null) onChoose(index);
      }}
    >
      <Tokens id={id} texts={texts} row={row} at={at} />
    </div>
  );
}
