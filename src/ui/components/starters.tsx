import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { versionText } from '../state/document.ts';
import { currentVersion } from '../state/selectors.ts';

const words = messages.starters;

/** Beginnings to choose from while the text is empty. */
export function Starters() {
  const actions = useActions();
  const empty = usePageState((state) => state.phase === 'ready' && versionText(currentVersion(state)) === '');
  if (!empty) return null;
  const begin = (prompt: string) => {
    actions.openText(prompt);
    void actions.write();
  };
  return (
    <div className="starters">
      <span className="muted">{words.label}</span>
      {words.prompts.map((prompt) => (
        <button key={prompt} type="button" className="small" onClick={() => begin(prompt)}>
          {prompt}
        </button>
      ))}
    </div>
  );
}
