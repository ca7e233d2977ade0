import { useState } from 'react';
import { useActions, usePageState } from '../hooks.tsx';
import { applyTheme, storedTheme, type Theme, themes } from '../lib/theme.ts';
import { Icon } from './icon.tsx';

const themeNames: Record<Theme, string> = { auto: 'as the system', light: 'light', dark: 'dark' };

function ThemeButton() {
  const [theme, setTheme] = useState(storedTheme);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
  const label = `Theme: ${themeNames[theme]}. Change to ${themeNames[next]}`;
  return (
    <button
      type="button"
      className="quiet icon-only"
      aria-label={label}
      title={label}
      onClick={() => {
        applyTheme(next);
        setTheme(next);
      }}
    >
      <Icon name={theme === 'dark' ? 'moon' : theme === 'light' ? 'sun' : 'contrast'} />
    </button>
  );
}

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
