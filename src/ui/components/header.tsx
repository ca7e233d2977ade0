import { useActions, usePageState } from '../hooks.tsx';
import { Icon } from './icon.tsx';
import { ThemeButton } from './theme-button.tsx';

function ModelChip() {
  const actions = useActions();
  const model = usePageState((state) => state.model);
  const request = usePageState((state) => state.request);
  const name = model?.id ?? request?.name ?? 'No model';
  return (
    <button type="button" className="chip" onClick={() => actions.show('models')} aria-haspopup="dialog">
      <span className="visually-hidden">Model: </span>
      <bdi className="chip-name">{name}</bdi>
      {model && <span className="chip-dtype">{model.dtype}</span>}
      <Icon name="chevron" />
    </button>
  );
}

export function Header() {
  const actions = useActions();
  const online = usePageState((state) => state.online);
  return (
    <header className="header">
      <h1 className="wordmark">Vitrine</h1>
      <ModelChip />
      {!online && <span className="badge">Offline</span>}
      <nav className="header-tools" aria-label="Panels">
        <button type="button" className="quiet" onClick={() => actions.show('device')} aria-haspopup="dialog">
          <Icon name="chip" />
          <span className="wide-text">Device</span>
        </button>
        <button type="button" className="quiet" onClick={() => actions.show('share')} aria-haspopup="dialog">
          <Icon name="share" />
          <span className="wide-text">Share</span>
        </button>
        <ThemeButton />
      </nav>
    </header>
  );
}
