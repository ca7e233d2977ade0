import { useEffect, useState } from 'react';
import { keepPage, type TakeUpdate } from '../lib/service-worker.ts';

/** A new version is installed only on the visitor's word, so that no writing is interrupted. */
export function Update() {
  const [take, setTake] = useState<TakeUpdate | null>(null);
  useEffect(() => {
    void keepPage((update) => setTake(() => update));
  }, []);
  if (!take) return null;
  return (
    <section className="notice" aria-label="New version">
      <h2>A new version is ready</h2>
      <p className="muted">Your text stays.</p>
      <div className="row">
        <button type="button" onClick={take}>
          Reload into it
        </button>
      </div>
    </section>
  );
}
