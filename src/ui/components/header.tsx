import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { Icon } from './icon.tsx';
import { ThemeButton } from './theme-button.tsx';

const words = messages.header;

function ModelChip() {
  const actions = useActions();
  const model = usePageState((state) => state.model);
  const request = usePageState((state) => state.request);
  const files = request?.kind === 'files' ? request.name : '';
  const name = files || model?.id || request?.name || words.noModel;
  return (
    <button type="button" className="chip" onClick={() => actions.show('models')} aria-haspopup="dialog">
      <span className="visually-hidden">{words.model}</span>
      <bdi className="chip-name">{name}</bdi>
      {model && <span className="chip-dtype">{model.dtype}</span>}
      <Icon name="chevron" />
    </button>
  );
}

export function Header() {
  const actions = useActions();
  const online = usePageState((state) => state.online);
  const presenting = usePageState((state) => state.presenting);
  const guided = usePageState((state) => state.guide !== null);
  return (
    <header className="header">
      <h1 className="wordmark">Vitrine</h1>
      <ModelChip />
      <p className="tagline">{messages.tagline}</p>
      {!online && <span className="badge">{words.offline}</span>}
      <nav className="header-tools" aria-label={words.tools}>
        <button
          type="button"
          className="quiet"
          aria-pressed={guided}
          onClick={() => actions.setGuide(guided ? null : 0)}
        >
          <Icon name="guide" />
          <span className="wide-text">{messages.guide.open}</span>
        </button>
        <button
          type="button"
          className="quiet wide-only"
          aria-pressed={presenting}
          title={messages.present.title}
          onClick={() => actions.setPresenting(!presenting)}
        >
          <Icon name="present" />
          <span className="wide-text">{messages.present.name}</span>
        </button>
        <button type="button" className="quiet" onClick={() => actions.show('device')} aria-haspopup="dialog">
          <Icon name="chip" />
          <span className="wide-text">{words.device}</span>
        </button>
        <button type="button" className="quiet" onClick={() => actions.show('share')} aria-haspopup="dialog">
          <Icon name="share" />
          <span className="wide-text">{words.share}</span>
        </button>
        <ThemeButton />
      </nav>
    </header>
  );
}
