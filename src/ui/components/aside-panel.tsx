import { type KeyboardEvent, lazy, Suspense, useId, useRef } from 'react';
import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { InsidePanel } from './inside-panel.tsx';
import { SamplingPanel } from './sampling-panel.tsx';
import { VersionsPanel } from './versions-panel.tsx';

const words = messages.tabs;

const SecondPanel = lazy(async () => ({ default: (await import('./second-panel.tsx')).SecondPanel }));

const tabs = [
  { key: 'sampling', name: words.sampling, Panel: SamplingPanel },
  { key: 'versions', name: words.versions, Panel: VersionsPanel },
  { key: 'second', name: words.second, Panel: SecondPanel },
  { key: 'inside', name: words.inside, Panel: InsidePanel },
] as const;

interface TabProps {
  name: string;
  /** Key of the tab, and id of the group it is in. */
  at: string;
  id: string;
  selected: boolean;
  onSelect(): void;
}

function Tab({ name, at, id, selected, onSelect }: TabProps) {
  return (
    <button
      type="button"
      role="tab"
      id={`${id}-${at}`}
      data-tab={at}
      className="tab"
      aria-selected={selected}
      aria-controls={`${id}-panel`}
      tabIndex={selected ? 0 : -1}
      onClick={onSelect}
    >
      {name}
    </button>
  );
}

/** Beside the text: how the next token is chosen, where the text branched, what goes on inside. */
export function AsidePanel() {
  const open = usePageState((state) => state.tab);
  const { openTab } = useActions();
  const list = useRef<HTMLDivElement>(null);
  const id = useId();
  const at = tabs.findIndex((tab) => tab.key === open);
  const Panel = tabs[at]?.Panel ?? SamplingPanel;

  function onKeyDown(event: KeyboardEvent) {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    const next = tabs[(at + step + tabs.length) % tabs.length];
    if (step === 0 || !next) return;
    event.preventDefault();
    openTab(next.key);
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.key}"]`)?.focus();
  }

  return (
    <aside className="aside" aria-label={messages.app.panels}>
      <div className="tabs" role="tablist" aria-label={words.list} ref={list} onKeyDown={onKeyDown}>
        {tabs.map(({ key, name }) => (
          <Tab key={key} {...{ name, id }} at={key} selected={key === open} onSelect={() => openTab(key)} />
        ))}
      </div>
      <div className="tab-panel" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${open}`}>
        <Suspense>
          <Panel />
        </Suspense>
      </div>
    </aside>
  );
}
