import type { ComponentProps } from 'react';
import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { Icon, type IconName } from './icon.tsx';
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

interface ToolProps extends ComponentProps<'button'> {
  icon: IconName;
  name: string;
}

/** A button whose name is beside its icon where there is room. */
function Tool({ icon, name, className = 'quiet', ...button }: ToolProps) {
  return (
    <button type="button" className={className} {...button}>
      <Icon name={icon} />
      <span className="wide-text">{name}</span>
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
        <Tool
          icon="guide"
          name={messages.guide.open}
          aria-pressed={guided}
          onClick={() => actions.setGuide(guided ? null : 0)}
        />
        <Tool
          icon="present"
          name={messages.present.name}
          className="quiet wide-only"
          aria-pressed={presenting}
          title={messages.present.title}
          onClick={() => actions.setPresenting(!presenting)}
        />
        <Tool icon="chip" name={words.device} onClick={() => actions.show('device')} aria-haspopup="dialog" />
        <Tool icon="share" name={words.share} onClick={() => actions.show('share')} aria-haspopup="dialog" />
        <ThemeButton />
      </nav>
    </header>
  );
}
