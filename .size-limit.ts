import type { SizeLimitConfig } from 'size-limit';
import { EntryGraph } from './tools/build/entry-graph.ts';

/** What is fetched, after gzip, by the build's own graph of entries: `npm run build` first. */
const graph = new EntryGraph('dist');
const paths = (...sources: string[]) => graph.files(...sources).map((file) => `dist/${file}`);
const worker = ['src/worker/entry.ts', 'src/tokenizer/index.ts'];

const limits: SizeLimitConfig = [
  { name: 'The library, to run a model on a GPU', path: paths('src/index.ts', ...worker), limit: '105 kB' },
  { name: 'embed.js, before activation', path: paths('src/embed/element.ts'), limit: '11 kB' },
  {
    name: 'The page before a model, with its worker',
    path: ['dist/index.html', ...paths('index.html', ...worker)],
    limit: '250 kB',
  },
];

export default limits.map((entry) => ({ ...entry, gzip: true }));
