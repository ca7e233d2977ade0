/** The entries of the package that are imported, whose files keep their names: `dist/{name}.js` with its types. */
export const entries = {
  vitrine: 'src/index.ts',
  'vitrine-node': 'src/node/index.ts',
  'vitrine-openai': 'src/openai/index.ts',
  'vitrine-remote': 'src/remote/index.ts',
  'vitrine-ai-sdk': 'src/ai-sdk/index.ts',
  'vitrine-react': 'src/react/index.ts',
  embed: 'src/embed/element.ts',
} as const;

/** Entries that are run. */
export const programs = { cli: 'src/cli/main.ts' } as const;

export type EntryName = keyof typeof entries;
export const entryNames = Object.keys(entries) as EntryName[];
