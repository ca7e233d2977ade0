import { useActions, usePageState } from '../../hooks.tsx';
import { insideMessages } from '../../messages/inside.ts';
import { changesAnything } from '../../state/inside-changes.ts';
import type { Changes } from '../../state/model-changes.ts';

const words = insideMessages.written;

/** Writing on with a change: in the text itself, or beside what the model writes as it is. */
export function Written({ changes }: { changes: Changes }) {
  const actions = useActions();
  const written = usePageState((state) => state.inside.written);
  const ready = usePageState((state) => state.phase === 'ready');
  const possible = ready && !written?.busy && changesAnything(changes);
  return (
    <section>
      <div className="row">
        <button type="button" disabled={!possible} onClick={() => void actions.writeBeside(changes)}>
          {words.both}
        </button>
        <button
          type="button"
          disabled={!possible}
          data-testid="write-with"
          onClick={() => void actions.writeWith(changes)}
        >
          {words.on}
        </button>
      </div>
      {written && (
        <section className="written" aria-label={words.label}>
          {(['plain', 'changed'] as const).map((which) => (
            <div key={which} data-which={which}>
              <h3>{words[which]}</h3>
              <p dir="auto" data-testid={`written-${which}`}>
                {written[which].trimStart()}
              </p>
            </div>
          ))}
        </section>
      )}
    </section>
  );
}
