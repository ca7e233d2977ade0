import { useState } from 'react';

/** Copies a text, and says whether that worked. */
export function CopyButton({ text, name }: { text: () => string; name: string }) {
  const [done, setDone] = useState('');
  const copy = () =>
    navigator.clipboard.writeText(text()).then(
      () => setDone('Copied'),
      () => setDone('The browser did not allow it'),
    );
  return (
    <>
      <button type="button" onClick={() => void copy()}>
        {name}
      </button>
      <span role="status" className="muted">
        {done}
      </span>
    </>
  );
}
