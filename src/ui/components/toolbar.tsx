import { useActions, useCurrentVersion, usePageState } from '../hooks.tsx';
import { Icon } from './icon.tsx';

function WriteButton() {
  const actions = useActions();
  const phase = usePageState((state) => state.phase);
  const version = useCurrentVersion();
  const continues = version.tail === '' && version.tokens.some((token) => token.origin === 'model');
  if (phase === 'generating')
    return (
      <button type="button" className="primary turn" data-testid="stop" onClick={actions.stop} title="Escape">
        <Icon name="stop" /> Stop
      </button>
    );
  return (
    <button
      type="button"
      className="primary turn"
      data-testid="write"
      disabled={phase !== 'ready'}
      onClick={() => void actions.write()}
      title="Ctrl+Enter"
    >
      <Icon name="play" /> {continues ? 'Continue' : 'Write'}
    </button>
  );
}

interface ToolbarProps {
  shaded: boolean;
  onShade(shaded: boolean): void;
}

export function Toolbar({ shaded, onShade }: ToolbarProps) {
  const actions = useActions();
  const ready = usePageState((state) => state.phase === 'ready');
  const still = usePageState((state) => state.phase !== 'generating');
  const canUndo = usePageState((state) => state.undo.length > 0);
  const canRedo = usePageState((state) => state.redo.length > 0);
  // Whoever asks for an empty sheet is about to write on it.
  const begin = () => {
    actions.fresh();
    document.getElementById('text')?.focus();
  };
  return (
    <div className="toolbar">
      <WriteButton />
      <button type="button" disabled={!ready} onClick={() => void actions.anotherTake()}>
        <Icon name="again" /> Another take
      </button>
      <button type="button" className="quiet" disabled={!still} onClick={begin}>
        <Icon name="plus" /> New
      </button>
      <button
        type="button"
        className="quiet icon-only"
        disabled={!still || !canUndo}
        onClick={actions.undo}
        aria-label="Undo"
        title="Undo (Ctrl+Z)"
      >
        <Icon name="undo" />
      </button>
      <button
        type="button"
        className="quiet icon-only"
        disabled={!still || !canRedo}
        onClick={actions.redo}
        aria-label="Redo"
        title="Redo (Ctrl+Shift+Z)"
      >
        <Icon name="redo" />
      </button>
      <button type="button" className="quiet push" aria-pressed={shaded} onClick={() => onShade(!shaded)}>
        <Icon name="shade" /> <span className="wide-text">Shading</span>
      </button>
    </div>
  );
}
