import { memo, useEffect, useRef } from 'react';
import { drawSoon } from './draw-queue.ts';
import { type Palette, paletteOf, useTheme } from './palette.ts';

/** Cells of a thumbnail a side, at most. */
const most = 64;

/**
 * A pattern [T][T] brought to `cells` a side: the strongest weight of each block. The first column is left out of the
 * scale: most heads rest on the first token when they find nothing.
 */
export function shrink(weights: Float32Array, size: number, cells: number): Float32Array {
  const small = new Float32Array(cells * cells);
  for (let t = 0; t < size; t++) {
    const row = Math.floor((t * cells) / size) * cells;
    for (let key = 0; key <= t; key++) {
      const at = row + Math.floor((key * cells) / size);
      const weight = weights[t * size + key] ?? 0;
      if (weight > (small[at] ?? 0)) small[at] = weight;
    }
  }
  return small;
}

function draw(canvas: HTMLCanvasElement, weights: Float32Array, size: number, palette: Palette): void {
  const cells = Math.min(size, most);
  canvas.width = cells;
  canvas.height = cells;
  const pen = canvas.getContext('2d');
  if (!pen) return;
  const small = shrink(weights, size, cells);
  let scale = 1e-9;
  small.forEach((weight, i) => {
    if (i % cells !== 0) scale = Math.max(scale, weight);
  });
  const [red = 0, green = 0, blue = 0] = (palette.tint.match(/[\d.]+/g) ?? []).map(Number);
  const image = pen.createImageData(cells, cells);
  small.forEach((weight, i) => {
    const alpha = Math.round(255 * Math.sqrt(Math.min(1, weight / scale)));
    image.data.set([red, green, blue, alpha], 4 * i);
  });
  pen.putImageData(image, 0, 0);
}

interface ThumbnailProps {
  /** [T][T] */
  weights: Float32Array;
  size: number;
}

/** A head's pattern as a picture; drawn between frames, some at a time. */
export const Thumbnail = memo(function Thumbnail({ weights, size }: ThumbnailProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another theme has other colours
  useEffect(() => {
    const { current } = canvas;
    return current ? drawSoon(() => draw(current, weights, size, paletteOf(current))) : undefined;
  }, [weights, size, theme]);
  return <canvas ref={canvas} />;
});
