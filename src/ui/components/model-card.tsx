import { useState } from 'react';
import type { CachedModel, WeightDtype } from '../../engine/index.ts';
import { formatBytes, formatCount } from '../../lib/index.ts';
import { usePageState } from '../hooks.tsx';
import type { CatalogueEntry } from '../state/catalogue.ts';
import { isBundled, requestFor } from '../state/loading.ts';
import type { LoadRequest } from '../state/types.ts';
import { MemoryPlanView } from './memory-plan.tsx';

interface ModelCardProps {
  entry: CatalogueEntry;
  stored: CachedModel | null;
  onLoad(request: LoadRequest): void;
}

function storedWord(entry: CatalogueEntry, stored: CachedModel | null): string {
  if (isBundled(entry.id)) return 'comes with the page';
  if (!stored) return 'not on this device';
  return stored.complete ? 'on this device' : `${formatBytes(stored.bytes)} on this device so far`;
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
        <p className="facts">
          <span>{formatCount(entry.parameters)} parameters</span>
          <span>{entry.context} tokens of context</span>
          <span>
            {entry.exactBytes ? '' : 'about '}
            {formatBytes(entry.downloadBytes)}
          </span>
          {entry.language !== 'English' && <span>{entry.language}</span>}
          <span>{entry.licence}</span>
          <span>{storedWord(entry, stored)}</span>
        </p>
      </div>
      <div className="card-actions">
        <button
          type="button"
          disabled={offline && !here}
          onClick={() => onLoad({ ...requestFor(entry.source), dtype })}
        >
          {loaded ? 'Load again' : here ? 'Open' : stored ? 'Resume' : 'Download'}
          <span className="visually-hidden"> {entry.name}</span>
        </button>
        <button type="button" className="quiet" aria-expanded={planned} onClick={() => setPlanned(!planned)}>
          Does it fit?<span className="visually-hidden"> {entry.name}</span>
        </button>
      </div>
      {planned && <MemoryPlanView source={entry.source} dtype={dtype} onDtype={setDtype} />}
    </li>
  );
}
