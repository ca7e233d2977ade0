import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import type { PageState } from '../state/page-state.ts';
import { currentVersion } from '../state/selectors.ts';
import { Icon } from './icon.tsx';

const words = messages.toolbar;

/** True where the end of the text is the model's: what follows is a continuation of its own. */
function continues(state: PageState): boolean {
  const { tokens, tail } = currentVersion(state);
  return tail === '' && tokens.some((token) => token.origin === 'model');
}

function WriteButton() {
  const actions = useActions();
  const phase = usePageState((state) => state.phase);
  const more = usePageState(continues);
  if (phase === 'generating')
    return (
      <button
        type="button"
        className="primary turn"
        data-testid="stop"
        onClick={actions.stop}
        title={words.keys.stop}
      >
        <Icon name="stop" /> {words.stop}
      </button>
    );
  return (
    <button
      type="button"
      className="primary turn"
      data-testid="write"
      disabled={phase !== 'ready'}
      onClick={() => void actions.write()}
      title={words.keys.write}
    >
      <Icon name="play" /> {more ? words.continue : words.write}
    </button>
  );
}

function HistoryButton({ step, possible }: { step: 'undo' | 'redo'; possible: boolean }) {
  const actions = useActions();
  return (
    <button
      type="button"
      className="quiet icon-only"
      disabled={!possible}
      onClick={actions[step]}
      aria-label={words[step]}
      title={words.keys[step]}
    >
      <Icon name={step} />
    </button>
  );
}

function History() {
  const canUndo = usePageState((state) => state.phase !== 'generating' && state.past.length > 0);
  const canRedo = usePageState((state) => state.phase !== 'generating' && state.future.length > 0);
  return (
    <>
      <HistoryButton step="undo" possible={canUndo} />
      <HistoryButton step="redo" possible={canRedo} />
    </>
  );
}

export function Toolbar() {
  const actions = useActions();
  const ready = usePageState((state) => state.phase === 'ready');
  const still = usePageState((state) => state.phase !== 'generating');
  // Whoever asks for an empty sheet is about to write on it.
  const startNew = () => {
    actions.startNew();
    document.getElementById('text')?.focus();
  };
  return (
    <div className="toolbar">
      <WriteButton />
      <button type="button" disabled={!ready} onClick={() => void actions.tryAgain()}>
        <Icon name="again" /> {words.tryAgain}
      </button>
      <button
        type="button"
        data-testid="step"
        disabled={!ready}
        onClick={() => void actions.step()}
        title={words.stepTitle}
      >
        <Icon name="step" /> {words.step}
      </button>
      <button type="button" className="quiet" disabled={!still} onClick={startNew}>
        <Icon name="plus" /> <span className="wide-text">{words.new}</span>
      </button>
      <History />
    </div>
  );
}
