import { useState } from 'react';
import { applyTheme, storedTheme, themes } from '../lib/theme.ts';
import { messages } from '../messages/index.ts';
import { Icon } from './icon.tsx';

const words = messages.header;

/** Changes between the system's theme, light and dark. */
export function ThemeButton() {
  const [theme, setTheme] = useState(storedTheme);
  const next = themes[(themes.indexOf(theme) + 1) % themes.length] ?? 'auto';
  const label = words.theme(words.themes[theme], words.themes[next]);
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
