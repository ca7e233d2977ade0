import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './components/app.tsx';
import { createBackend } from './engine.ts';
import { PageProvider } from './hooks.tsx';
import { applyTheme, storedTheme } from './lib/theme.ts';
import { browserStorage } from './state/browser-storage.ts';
import { createPage } from './state/page.ts';
import { start } from './state/start.ts';
import './styles/index.css';

applyTheme(storedTheme());

/** The text's own face, or a moment later none: text that changes its face while it is read is worse. */
const face = Promise.race([
  document.fonts.load('400 1rem Literata').catch(() => []),
  new Promise((resolve) => setTimeout(resolve, 400)),
]);

const page = createPage(await createBackend(), {
  now: () => performance.now(),
  seed: () => crypto.getRandomValues(new Uint32Array(1))[0] ?? 0,
  hasWebGpu: () => 'gpu' in navigator,
  search: location.search,
  hash: location.hash,
  linkFollowed: () => history.state?.followed === true,
  followLink: () => history.replaceState({ followed: true }, ''),
  storage: browserStorage(),
});

const online = () => page.actions.setOnline(navigator.onLine);
addEventListener('online', online);
addEventListener('offline', online);
online();

void start(page);

await face;
const root = document.getElementById('root');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <PageProvider page={page}>
        <App />
      </PageProvider>
    </StrictMode>,
  );
}
