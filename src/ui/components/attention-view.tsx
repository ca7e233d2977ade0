import { showToken } from '../../lib/index.ts';
import { messages } from '../messages/index.ts';

const words = messages.inside;

interface AttentionViewProps {
  /** [T][T]: row t holds the weights of token t over tokens 0..t. */
  weights: Float32Array;
  texts: readonly string[];
  from: number;
  onFrom(index: number): void;
}

/** Where one head of one token looks: each earlier token shaded by its weight. The slider above is the keyboard's way. */
export function AttentionView({ weights, texts, from, onFrom }: AttentionViewProps) {
  const size = texts.length;
  const row = weights.subarray(from * size, from * size + size);
  let best = 0;
  for (let i = 1; i <= from; i++) if ((row[i] ?? 0) > (row[best] ?? 0)) best = i;
  // Shades are relative: a head that spreads over many tokens would show nothing.
  const most = row[best] || 1;
  const share = Math.round((row[best] ?? 0) * 100);
  return (
    <>
      <p className="attention" dir="auto">
        {texts.map((text, i) => {
          const alpha = i <= from ? Math.round(Math.sqrt((row[i] ?? 0) / most) * 70) : 0;
          const tint = `color-mix(in srgb, var(--tint) ${alpha}%, transparent)`;
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the slider is the accessible way to the same choice
            // biome-ignore lint/a11y/useKeyWithClickEvents: likewise
            <span
              // biome-ignore lint/suspicious/noArrayIndexKey: a token is its place in the text
              key={i}
              data-from={i === from || undefined}
              data-after={i > from || undefined}
              style={alpha > 0 ? { backgroundColor: tint } : undefined}
              onClick={() => onFrom(i)}
            >
              {text}
            </span>
          );
        })}
      </p>
      <p className="explain" role="status">
        {words.most(best + 1)}
        <bdi>{showToken(texts[best] ?? '')}</bdi>
        {words.share(share)}
      </p>
    </>
  );
}
