import { lazy, Suspense, useState } from 'react';
import { useActions, usePageState, useWindowEvent } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { readDropped } from '../state/dropped-files.ts';
import { AsidePanel } from './aside-panel.tsx';
import { Continuations } from './continuations.tsx';
import { Guide } from './guide.tsx';
import { Header } from './header.tsx';
import { LeavesMachine } from './leaves-machine.tsx';
import { LiveLog } from './live-log.tsx';
import { Notice } from './notice.tsx';
import { Sheet } from './sheet.tsx';
import { StatusBar } from './status-bar.tsx';
import { Surprisal } from './surprisal.tsx';
import { Toolbar } from './toolbar.tsx';
import { Update } from './update.tsx';
import { ViewBar } from './view-bar.tsx';

const words = messages.app;

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

/** A folder or files dropped anywhere are opened; true while something is held over the page. */
function useDrop(): boolean {
  const actions = useActions();
  const [over, setOver] = useState(false);
  useWindowEvent('dragover', (event) => {
    if (!event.dataTransfer?.types.includes('Files')) return;
    event.preventDefault();
    setOver(true);
  });
  useWindowEvent('dragleave', (event) => {
    if (event.relatedTarget === null) setOver(false);
  });
  useWindowEvent('drop', (event) => {
    setOver(false);
    const items = [...(event.dataTransfer?.items ?? [])].filter((item) => item.kind === 'file');
    if (items.length === 0) return;
    event.preventDefault();
    // Both are there during the event only; folders are entries, and what comes from a page is none.
    const dropped = items.map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
    actions.show(null);
    void readDropped(dropped.filter((each) => each !== null)).then(actions.openFiles);
  });
  return over;
}

export function App() {
  const dialog = usePageState((state) => state.dialog);
  const tab = usePageState((state) => state.tab);
  const sideBySide = usePageState((state) => state.continuations.length > 0);
  const presenting = usePageState((state) => state.presenting);
  const over = useDrop();
  useShortcuts();
  return (
    <div className="app" data-presenting={presenting || undefined}>
      <a className="skip" href="#writing">
        {words.skip}
      </a>
      <Header />
      <main className="main" data-tab={tab}>
        <section id="writing" className="writing" aria-label={words.writing} tabIndex={-1}>
          <LeavesMachine />
          <div className="sheet-frame">
            {sideBySide ? <Continuations /> : <Sheet />}
            <Notice />
            <Update />
          </div>
          <Guide />
          <Surprisal />
          <ViewBar />
          <Toolbar />
          <StatusBar />
        </section>
        <AsidePanel />
      </main>
      {over && <div className="drop-overlay">{words.drop}</div>}
      <LiveLog />
      <Suspense>
        {dialog === 'models' && <ModelsDialog />}
        {dialog === 'device' && <DeviceDialog />}
        {dialog === 'share' && <ShareDialog />}
      </Suspense>
    </div>
  );
}
