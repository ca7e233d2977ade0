import { useId, useRef } from 'react';
import { messages } from '../messages/index.ts';

const margin = 8;

/** A term with what it means, in a popover that any other press or Escape closes. */
export function Term({ term, meaning }: { term: string; meaning: string }) {
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const box = useRef<HTMLDivElement>(null);

  function place(): void {
    if (!button.current || !box.current) return;
    const { left, top } = button.current.getBoundingClientRect();
    const { offsetWidth, offsetHeight, style } = box.current;
    const rightmost = document.documentElement.clientWidth - offsetWidth - margin;
    style.left = `${Math.max(margin, Math.min(left, rightmost))}px`;
    style.top = `${Math.max(margin, top - offsetHeight - margin)}px`;
  }

  return (
    <>
      <button
        ref={button}
        type="button"
        className="term"
        aria-label={messages.terms.more(term)}
        popoverTarget={id}
      >
        {term}
      </button>
      <div ref={box} id={id} popover="auto" className="term-meaning" onToggle={place}>
        {meaning}
      </div>
    </>
  );
}
