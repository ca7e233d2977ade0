import { useCallback, useEffect, useState } from 'react';
import type { CachedModel } from '../../engine/index.ts';
import { useActions, usePage } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { type CatalogueEntry, catalogue, moreModels } from '../state/catalogue.ts';
import type { LoadRequest } from '../state/types.ts';
import { Dialog } from './dialog.tsx';
import { LoadedModelCard } from './loaded-model-card.tsx';
import { ModelCard } from './model-card.tsx';
import { OtherModel } from './other-model.tsx';
import { ServerModel } from './server-model.tsx';
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
  const cards = (entries: readonly CatalogueEntry[]) => (
    <ul className="cards">
      {entries.map((entry) => {
        const kept = stored.find((model) => model.id === entry.id) ?? null;
        return <ModelCard key={entry.id} entry={entry} stored={kept} onLoad={load} />;
      })}
    </ul>
  );
  return (
    <Dialog title={messages.models.title}>
      <LoadedModelCard />
      {cards(catalogue)}
      <details className="more-models">
        <summary>{messages.models.more(moreModels.length)}</summary>
        {cards(moreModels)}
      </details>
      <OtherModel onLoad={load} />
      <ServerModel onLoad={load} />
      <Storage stored={stored} onChange={refresh} onLoad={load} />
    </Dialog>
  );
}
