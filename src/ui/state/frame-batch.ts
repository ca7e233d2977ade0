/** Runs a callback once before the next paint, or soon where nothing is painted (hidden tab, no window). */
export function nextFrame(callback: () => void): void {
  let done = false;
  const once = () => {
    if (done) return;
    done = true;
    callback();
  };
  if (typeof requestAnimationFrame === 'function') requestAnimationFrame(once);
  setTimeout(once, 120);
}

/** A frame that took longer than this is followed by as long a rest. */
const lightMs = 12;

/**
 * Gathers items and hands them over once per frame. Where drawing them takes long (a slow machine, a very long text)
 * the thread is left free for as long as it was busy: fewer and larger steps instead of a page that cannot be used.
 */
export function frameBatch<T>(take: (items: T[]) => void): { push(item: T): void; flush(): void } {
  let items: T[] = [];
  let waiting = false;
  const flush = () => {
    waiting = false;
    if (items.length === 0) return;
    const batch = items;
    items = [];
    take(batch);
  };
  const frame = () => {
    const begun = performance.now();
    flush();
    waiting = true;
    // The timer's turn comes after the picture is drawn, which is most of the work.
    setTimeout(() => {
      const took = performance.now() - begun;
      if (took > lightMs) setTimeout(ready, took);
      else ready();
    });
  };
  const ready = () => {
    waiting = items.length > 0;
    if (waiting) nextFrame(frame);
  };
  return {
    flush,
    push(item) {
      items.push(item);
      if (waiting) return;
      waiting = true;
      nextFrame(frame);
    },
  };
}

/** Calls the function once things have been quiet for a while. */
export function debounce(milliseconds: number, run: () => void): { (): void; cancel(): void } {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const later = () => {
    clearTimeout(timer);
    timer = setTimeout(run, milliseconds);
  };
  later.cancel = () => clearTimeout(timer);
  return later;
}
