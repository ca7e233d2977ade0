import { messages } from '../messages/index.ts';
import type { NextDistribution } from '../state/next-distribution.ts';

const width = 320;
const height = 72;

type Point = NextDistribution['curve'][number];

/** Probability over rank, both squeezed so that the long tail can be seen: rank by logarithm, height by root. */
function outline(
  curve: readonly Point[],
  size: number,
  most: number,
  value: (point: Point) => number,
): string {
  const x = (rank: number) => (Math.log(rank) / Math.log(Math.max(size, 2))) * width;
  const y = (probability: number) => height - 2 - Math.sqrt(probability / most) * (height - 6);
  return curve.map((point) => `${x(point.rank).toFixed(1)} ${y(value(point)).toFixed(1)}`).join('L');
}

/** The whole distribution, before (pale) and after the settings (accent). */
export function Curve({ distribution }: { distribution: NextDistribution }) {
  const { curve, vocabulary, steps } = distribution;
  const most = Math.max(...curve.map((point) => Math.max(point.before, point.after)), 1e-9);
  const kept = steps.at(-1)?.kept ?? vocabulary;
  const cutAt = (Math.log(kept + 0.5) / Math.log(Math.max(vocabulary, 2))) * width;
  const before = outline(curve, vocabulary, most, (point) => point.before);
  const after = outline(
    curve.filter((point) => point.after > 0),
    vocabulary,
    most,
    (point) => point.after,
  );
  const label = messages.next.curve(kept, vocabulary);
  return (
    <svg
      className="curve"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      preserveAspectRatio="none"
    >
      <path className="curve-before" d={`M0 ${height}L${before}L${width} ${height}Z`} />
      {kept < vocabulary && <path className="curve-cut" d={`M${cutAt.toFixed(1)} 0V${height}`} />}
      {after && <path className="curve-after" d={`M${after}`} />}
    </svg>
  );
}
