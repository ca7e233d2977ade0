import { useState } from 'react';
import { messages } from '../messages/index.ts';

/** Copies a text, and says whether that worked. */
export function CopyButton({ text, name }: { text: () => string; name: string }) {
  const [done, setDone] = useState('');
  const copy = () =>
    navigator.clipboard.writeText(text()).then(
      () => setDone(messages.share.copied),
      () => setDone(messages.share.copyRefused),
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
