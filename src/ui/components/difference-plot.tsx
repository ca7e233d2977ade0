import { memo } from 'react';
import { messages } from '../messages/index.ts';

const words = messages.second;

const half = 28;

/** Bars of `most` bits fill their half. */
function outline(bits: readonly (number | null)[], most: number): string {
  let path = '';
  bits.forEach((value, i) => {
    if (!value) return;
    const tall = (value / most) * half;
    path += `M${i} ${half}v${(-tall).toFixed(1)}h.8v${tall.toFixed(1)}z`;
  });
  return path;
}

/** A bar for each token: upwards where the second model expected it more, downwards where the first did. */
export const DifferencePlot = memo(function DifferencePlot({ bits }: { bits: readonly (number | null)[] }) {
  const label = words.plot(
    bits.filter((value) => value !== null && value > 0).length,
    bits.filter((value) => value !== null && value < 0).length,
  );
  const most = bits.reduce<number>((most, value) => Math.max(most, Math.abs(value ?? 0)), 1);
  const above = bits.map((value) => (value !== null && value > 0 ? value : null));
  const below = bits.map((value) => (value !== null && value < 0 ? value : null));
  return (
    <figure className="difference">
      <svg
        className="difference-plot"
        role="img"
        aria-label={label}
        viewBox={`0 0 ${Math.max(bits.length, 24)} ${2 * half}`}
        preserveAspectRatio="none"
      >
        <path d={outline(above, most)} data-side="second" />
        <path d={outline(below, most)} data-side="first" />
        <path d={`M0 ${half}h${Math.max(bits.length, 24)}`} className="axis" />
      </svg>
      <figcaption className="explain">{words.scale(most.toFixed(1))}</figcaption>
    </figure>
  );
});
