import { useState } from 'react';
import type { CachedModel, WeightDtype } from '../../engine/index.ts';
import { formatBytes, formatCount } from '../../lib/index.ts';
import { usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import type { CatalogueEntry } from '../state/catalogue.ts';
import { isBundled, requestFor } from '../state/load-request.ts';
import type { LoadRequest } from '../state/types.ts';
import { MemoryPlanView } from './memory-plan.tsx';

const words = messages.models;

interface ModelCardProps {
  entry: CatalogueEntry;
  stored: CachedModel | null;
  onLoad(request: LoadRequest): void;
}

function storedWord(entry: CatalogueEntry, stored: CachedModel | null): string {
  if (isBundled(entry.id)) return words.bundled;
  if (!stored) return words.notHere;
  return stored.complete ? words.here : words.partly(formatBytes(stored.bytes));
}

function Facts({ entry, stored }: Pick<ModelCardProps, 'entry' | 'stored'>) {
  return (
    <p className="facts">
      <span>{words.parameters(formatCount(entry.parameters))}</span>
      <span>{words.context(entry.context)}</span>
      <span>
        {entry.exactBytes ? '' : words.about}
        {formatBytes(entry.downloadBytes)}
      </span>
      {entry.language !== 'English' && <span>{entry.language}</span>}
      <span>{entry.licence}</span>
      <span>{storedWord(entry, stored)}</span>
    </p>
  );
}

/** One model of the catalogue; what it needs here is planned when asked for. */
export function ModelCard({ entry, stored, onLoad }: ModelCardProps) {
  const [planned, setPlanned] = useState(false);
  const [dtype, setDtype] = useState<WeightDtype | null>(null);
  const loaded = usePageState((state) => state.model?.id === entry.id);
  const offline = usePageState((state) => !state.online);
  const here = isBundled(entry.id) || stored?.complete === true;
  return (
    <li className="card" data-testid="model-card" data-source={entry.id}>
      <div className="card-words">
        <h3>{entry.name}</h3>
        <p className="muted">{entry.note}</p>
        <Facts {...{ entry, stored }} />
      </div>
      <div className="card-actions">
        <button
          type="button"
          disabled={offline && !here}
          onClick={() => onLoad({ ...requestFor(entry.source), dtype })}
        >
          {loaded ? words.again : here ? words.open : stored ? words.resume : words.download}
          <span className="visually-hidden"> {entry.name}</span>
        </button>
        <button type="button" className="quiet" aria-expanded={planned} onClick={() => setPlanned(!planned)}>
          {words.fits}
          <span className="visually-hidden"> {entry.name}</span>
        </button>
      </div>
      {planned && <MemoryPlanView source={entry.source} dtype={dtype} onDtype={setDtype} />}
    </li>
  );
}
