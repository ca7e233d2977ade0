import { useCallback, useEffect, useState } from 'react';
import type { CachedModel } from '../../engine/index.ts';
import { useActions, usePage } from '../hooks.tsx';
import { catalogue } from '../state/catalogue.ts';
import type { LoadRequest } from '../state/types.ts';
import { Dialog } from './dialog.tsx';
import { ModelCard } from './model-card.tsx';
import { OtherModel } from './other-model.tsx';
import { Storage } from './storage.tsx';

/** What is stored, read anew whenever something changed it. */
function useStored() {
  const page = usePage();
  const [stored, setStored] = useState<CachedModel[]>([]);
  const refresh = useCallback(() => {
    page.backend.listCached().then(setStored, () => setStored([]));
  }, [page]);
  useEffect(refresh, [refresh]);
  return { stored, refresh };
}

export function ModelsDialog() {
  const actions = useActions();
  const { stored, refresh } = useStored();
  const load = (request: LoadRequest) => {
    actions.show(null);
    void actions.load(request);
  };
  return (
    <Dialog title="Models">
      <ul className="cards">
        {catalogue.map((entry) => (
          <ModelCard
            key={entry.source}
            entry={entry}
            stored={stored.find((model) => model.id === entry.source) ?? null}
            onLoad={load}
          />
        ))}
      </ul>
      <OtherModel onLoad={load} />
      <Storage stored={stored} onChange={refresh} onLoad={load} />
    </Dialog>
  );
}
