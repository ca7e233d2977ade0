import { useSyncExternalStore } from 'react';

const names = ['ink', 'muted', 'line', 'surface', 'tint', 'cool', 'accent'] as const;

/** Colours of the theme as a canvas takes them. */
export type Palette = Record<(typeof names)[number], string>;

/** The colours in force at an element. */
export function paletteOf(element: HTMLElement): Palette {
  const before = element.style.color;
  const colours = names.map((name) => {
    element.style.color = `var(--${name})`;
    return [name, getComputedStyle(element).color];
  });
  element.style.color = before;
  return Object.fromEntries(colours);
}

function watchTheme(changed: () => void): () => void {
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const observer = new MutationObserver(changed);
  observer.observe(document.documentElement, { attributeFilter: ['data-theme'] });
  dark.addEventListener('change', changed);
  return () => {
    observer.disconnect();
    dark.removeEventListener('change', changed);
  };
}

const themeNow = () =>
  `${document.documentElement.dataset.theme} ${matchMedia('(prefers-color-scheme: dark)').matches}`;

/** Changes with the theme: what is drawn on a canvas is drawn anew. */
export function useTheme(): string {
  return useSyncExternalStore(watchTheme, themeNow);
}

/** Prepares a canvas of so many CSS pixels for sharp drawing. */
export function prepareCanvas(
  canvas: HTMLCanvasElement,
  width: number,
  height: number,
): CanvasRenderingContext2D | null {
  const scale = devicePixelRatio || 1;
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const pen = canvas.getContext('2d');
  pen?.setTransform(scale, 0, 0, scale, 0, 0);
  return pen;
}
