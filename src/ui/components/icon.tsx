const paths = {
  play: 'M7 5l12 7-12 7z',
  stop: 'M6 6h12v12H6z',
  undo: 'M9 7L4 12l5 5M4 12h10a5 5 0 0 1 0 10h-2',
  redo: 'M15 7l5 5-5 5M20 12H10a5 5 0 0 0 0 10h2',
  again: 'M20 12a8 8 0 1 1-2.3-5.7M20 3v4h-4',
  plus: 'M12 5v14M5 12h14',
  close: 'M6 6l12 12M18 6L6 18',
  chevron: 'M7 10l5 5 5-5',
  share: 'M12 15V4M8 8l4-4 4 4M5 13v6h14v-6',
  chip: 'M8 8h8v8H8zM10 4v4M14 4v4M10 16v4M14 16v4M4 10h4M4 14h4M16 10h4M16 14h4',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v3M12 19v3M2 12h3M19 12h3M5 5l2 2M17 17l2 2M19 5l-2 2M7 17l-2 2',
  moon: 'M20 14A8 8 0 0 1 10 4a8 8 0 1 0 10 10z',
  contrast: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  branch: 'M7 4v16M7 14c0-5 10-3 10-9M14 8l3-3 3 3',
  step: 'M6 5l9 7-9 7zM19 5v14',
  chips: 'M3 6h8v5H3zM13 6h8v5h-8zM3 14h11v5H3z',
  present: 'M3 4h18v12H3zM12 16v4M8 20h8',
  guide: 'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 16.5v.5',
  shade: 'M4 7h16M4 12h10M4 17h13',
} as const;

export type IconName = keyof typeof paths;

const solid: ReadonlySet<string> = new Set(['play', 'stop']);

/** A small picture beside a word, never instead of a name. */
export function Icon({ name }: { name: IconName }) {
  const filled = solid.has(name);
  return (
    <svg
      className="icon"
      viewBox="0 0 24 24"
      aria-hidden="true"
      fill={filled ? 'currentColor' : 'none'}
      stroke="currentColor"
      strokeWidth="1.7"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={paths[name]} />
    </svg>
  );
}
