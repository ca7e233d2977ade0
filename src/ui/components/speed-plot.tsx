import { formatRate } from '../../lib/index.ts';
import { messages } from '../messages/index.ts';
import type { SpeedSample } from '../state/types.ts';

const width = 480;
const height = 80;

/** Tokens per second over the last run. */
export function SpeedPlot({ samples }: { samples: readonly SpeedSample[] }) {
  const most = Math.max(...samples.map((sample) => sample.tokensPerSecond), 1);
  const end = Math.max(samples.at(-1)?.at ?? 0, 1);
  if (samples.length < 2) return null;
  const points = samples.map(({ at, tokensPerSecond }) => {
    const y = height - (tokensPerSecond / most) * (height - 6);
    return `${((at / end) * width).toFixed(1)} ${y.toFixed(1)}`;
  });
  return (
    <figure className="plot">
      <svg
        viewBox={`0 0 ${width} ${height}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={messages.device.plot((end / 1000).toFixed(1), formatRate(most))}
      >
        <path className="curve-after" d={`M${points.join('L')}`} />
      </svg>
      <figcaption className="explain">
        {messages.device.plotCaption(formatRate(most), (end / 1000).toFixed(1))}
      </figcaption>
    </figure>
  );
}
