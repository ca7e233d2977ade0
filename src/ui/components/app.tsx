import { lazy, Suspense, useState } from 'react';
import { useActions, usePageState, useWindowEvent } from '../hooks.tsx';
import { requestFor } from '../state/loading.ts';
import { AsidePanel } from './aside-panel.tsx';
import { Header } from './header.tsx';
import { LiveLog } from './live-log.tsx';
import { Notice } from './notice.tsx';
import { Sheet } from './sheet.tsx';
import { StatusBar } from './status-bar.tsx';
import { Surprisal } from './surprisal.tsx';
import { Takes } from './takes.tsx';
import { Toolbar } from './toolbar.tsx';
import { Update } from './update.tsx';

// What nobody needs in the first seconds comes when it is asked for.
const DeviceDialog = lazy(async () => ({ default: (await import('./device-dialog.tsx')).DeviceDialog }));
const ModelsDialog = lazy(async () => ({ default: (await import('./models-dialog.tsx')).ModelsDialog }));
const ShareDialog = lazy(async () => ({ default: (await import('./share-dialog.tsx')).ShareDialog }));

/** Stop on Escape and write on Ctrl+Enter, wherever the focus is. */
function useShortcuts() {
  const actions = useActions();
  const phase = usePageState((state) => state.phase);
  const dialog = usePageState((state) => state.dialog);
  useWindowEvent('keydown', (event) => {
    if (dialog || event.isComposing) return;
    if (event.key === 'Escape' && phase === 'generating') {
      event.preventDefault();
      actions.stop();
    }
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (phase === 'ready') void actions.write();
    }
  });
}

/** Model files dropped anywhere are opened. */
function useDrop() {
  const actions = useActions();
  useWindowEvent('dragover', (event) => {
    if (event.dataTransfer?.types.includes('Files')) event.preventDefault();
  });
  useWindowEvent('drop', (event) => {
    const files = [...(event.dataTransfer?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    actions.show(null);
    void actions.load(requestFor(files));
  });
}

export function App() {
  const [shaded, setShaded] = useState(true);
  const dialog = usePageState((state) => state.dialog);
  const takes = usePageState((state) => state.takes.length);
  useShortcuts();
  useDrop();
  return (
    <div className="app">
      <a className="skip" href="#writing">
        Skip to the text
      </a>
      <Header />
      <main className="main">
        <section id="writing" className="writing" aria-label="Writing" tabIndex={-1}>
          <div className="sheet-frame">
            {takes > 0 ? <Takes shaded={shaded} /> : <Sheet shaded={shaded} />}
            <Notice />
            <Update />
          </div>
          <Surprisal />
          <Toolbar shaded={shaded} onShade={setShaded} />
          <StatusBar />
        </section>
        <AsidePanel />
      </main>
      <LiveLog />
      <Suspense>
        {dialog === 'models' && <ModelsDialog />}
        {dialog === 'device' && <DeviceDialog />}
        {dialog === 'share' && <ShareDialog />}
      </Suspense>
    </div>
  );
}
