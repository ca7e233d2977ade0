import { type ReactNode, useEffect, useId, useRef } from 'react';
import { useActions } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { Icon } from './icon.tsx';

/** A panel over the page: the browser's own dialog, with its focus trap, Escape and return of the focus. */
export function Dialog({ title, children }: { title: string; children: ReactNode }) {
  const actions = useActions();
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = box.current;
    if (dialog && !dialog.open) dialog.showModal();
  }, []);
  return (
    <dialog
      ref={box}
      className="dialog"
      aria-labelledby={id}
      onClose={() => actions.show(null)}
      onPointerDown={(event) => {
        if (event.target === box.current) box.current?.close();
      }}
    >
      <div className="dialog-body">
        <header className="dialog-head">
          <h2 id={id}>{title}</h2>
          <button
            type="button"
            className="quiet icon-only push"
            aria-label={messages.close}
            onClick={() => box.current?.close()}
          >
            <Icon name="close" />
          </button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
