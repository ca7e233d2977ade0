import { type KeyboardEvent, useId, useRef } from 'react';
import { useActions, usePageState } from '../../hooks.tsx';
import { messages } from '../../messages/index.ts';
import { insideMessages as words } from '../../messages/inside.ts';
import type { InsideTab } from '../../state/inside-types.ts';
import { currentVersion } from '../../state/selectors.ts';
import { AttentionTab } from './attention-tab.tsx';
import { AttributeTab } from './attribute-tab.tsx';
import { arrowTarget } from './grid-keys.ts';
import { LensTab } from './lens-tab.tsx';
import { OffTab } from './off-tab.tsx';
import { PatchTab } from './patch-tab.tsx';
import { SaveRow } from './save-row.tsx';
import { SteerTab } from './steer-tab.tsx';

const tabs: readonly { key: InsideTab; Panel: () => React.ReactNode }[] = [
  { key: 'attention', Panel: AttentionTab },
  { key: 'lens', Panel: LensTab },
  { key: 'off', Panel: OffTab },
  { key: 'patch', Panel: PatchTab },
  { key: 'attribute', Panel: AttributeTab },
  { key: 'steer', Panel: SteerTab },
];

interface TabListProps {
  at: number;
  id: string;
}

function TabList({ at, id }: TabListProps) {
  const { setInside } = useActions();
  const list = useRef<HTMLDivElement>(null);
  function onKeyDown(event: KeyboardEvent) {
    const target = arrowTarget(event, { row: 0, column: at }, 1, tabs.length);
    const next = target && tabs[target.column];
    if (!next) return;
    event.preventDefault();
    setInside({ tab: next.key, problem: null });
    list.current?.querySelector<HTMLElement>(`[data-tab="${next.key}"]`)?.focus();
  }
  return (
    <div className="inside-tabs" role="tablist" aria-label={words.list} ref={list} onKeyDown={onKeyDown}>
      {tabs.map(({ key }, index) => (
        <button
          key={key}
          type="button"
          role="tab"
          className="tab"
          data-tab={key}
          id={`${id}-${key}`}
          aria-selected={index === at}
          aria-controls={`${id}-panel`}
          tabIndex={index === at ? 0 : -1}
          onClick={() => setInside({ tab: key, problem: null })}
        >
          {words.tabs[key]}
        </button>
      ))}
    </div>
  );
}

function Problem() {
  const problem = usePageState((state) => state.inside.problem);
  return (
    <p className="inside-problem" role="alert" hidden={!problem}>
      {problem}
    </p>
  );
}

/** What happens inside the model as it reads the text, and what follows when it is changed. */
export function InsideView() {
  const tab = usePageState((state) => state.inside.tab);
  const loaded = usePageState((state) => state.model !== null);
  const onServer = usePageState((state) => state.model?.server != null);
  const empty = usePageState((state) => {
    const { tokens, tail } = currentVersion(state);
    return tokens.length === 0 && tail === '';
  });
  const id = useId();
  const at = Math.max(
    0,
    tabs.findIndex(({ key }) => key === tab),
  );
  const Panel = tabs[at]?.Panel ?? AttentionTab;
  const hint = onServer ? messages.server.notHere : loaded ? empty && words.empty : words.noModel;
  return (
    <div className="inside" data-testid="inside">
      <TabList at={at} id={id} />
      <div className="inside-panel" role="tabpanel" id={`${id}-panel`} aria-labelledby={`${id}-${tab}`}>
        <h2 className="visually-hidden">{words.tabs[tab]}</h2>
        <Problem />
        {hint ? <p className="muted">{hint}</p> : <Panel />}
        {!hint && <SaveRow />}
      </div>
    </div>
  );
}
