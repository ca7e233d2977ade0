import { useEffect, useState } from 'react';
import { usePageState } from '../hooks.tsx';
import { keepPage, type TakeUpdate } from '../lib/service-worker.ts';
import { messages } from '../messages/index.ts';

const restMs = 1000;
const mostMs = 20_000;

/**
 * True once the page has come to rest, or has been open for a while. Keeping its files takes the machine as much
 * work as the first words do, so those come first.
 */
function useRested(): boolean {
  const phase = usePageState((state) => state.phase);
  const [rested, setRested] = useState(false);
  useEffect(() => {
    const still = phase !== 'starting' && phase !== 'loading' && phase !== 'generating';
    const timer = still ? setTimeout(() => setRested(true), restMs) : undefined;
    return () => clearTimeout(timer);
  }, [phase]);
  useEffect(() => {
    const timer = setTimeout(() => setRested(true), mostMs);
    return () => clearTimeout(timer);
  }, []);
  return rested;
}

/** A new version is installed only on the visitor's word, so that no writing is interrupted. */
export function Update() {
  const [take, setTake] = useState<TakeUpdate | null>(null);
  const rested = useRested();
  useEffect(() => {
    if (rested) void keepPage((update) => setTake(() => update));
  }, [rested]);
  if (!take) return null;
  return (
    <section className="notice" aria-label={messages.update.label}>
      <h2>{messages.update.title}</h2>
      <p className="muted">{messages.update.text}</p>
      <div className="row">
        <button type="button" onClick={take}>
          {messages.update.reload}
        </button>
      </div>
    </section>
  );
}
