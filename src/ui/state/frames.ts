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

/** Gathers items and hands them over once per frame. */
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
  return {
    flush,
    push(item) {
      items.push(item);
      if (waiting) return;
      waiting = true;
      nextFrame(flush);
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
