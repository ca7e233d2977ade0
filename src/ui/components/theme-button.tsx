import { useState } from 'react';
import { applyTheme, storedTheme, type Theme, themes } from '../lib/theme.ts';
import { Icon } from './icon.tsx';

const themeNames: Record<Theme, string> = { auto: 'as the system', light: 'light', dark: 'dark' };

/** Changes between the system's theme, light and dark. */
export function ThemeButton() {
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
