/** Milliseconds of drawing in one task of the page's thread. */
const sliceMs = 12;

const waiting = new Set<() => void>();
let scheduled = false;

function drawSome(): void {
  const end = performance.now() + sliceMs;
  for (const draw of waiting) {
    waiting.delete(draw);
    draw();
    if (performance.now() > end) break;
  }
  scheduled = waiting.size > 0;
  if (scheduled) setTimeout(drawSome);
}

/** Draws a little later, in short tasks: many pictures at once must not hold up the page. Returns how to call it off. */
export function drawSoon(draw: () => void): () => void {
  waiting.add(draw);
  if (!scheduled) requestAnimationFrame(drawSome);
  scheduled = true;
  return () => waiting.delete(draw);
}
