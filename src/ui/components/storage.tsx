import { useEffect, useId, useState } from 'react';
import type { CachedModel } from '../../engine/index.ts';
import { formatBytes } from '../../lib/index.ts';
import type { StorageReport } from '../../weights/index.ts';
import { usePage } from '../hooks.tsx';
import { saveFile } from '../lib/download.ts';
import { messages } from '../messages/index.ts';
import { toPageError } from '../state/error-messages.ts';
import { requestFor } from '../state/load-request.ts';
import type { LoadRequest } from '../state/types.ts';
import { OfflineCheck } from './offline-check.tsx';

const words = messages.storage;

/** Runs storage work one at a time, and says what went wrong. */
function useWork(onChange: () => void) {
  const [busy, setBusy] = useState<string | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const run = async (what: string, work: () => Promise<void>) => {
    setBusy(what);
    setProblem(null);
    try {
      await work();
    } catch (error) {
      setProblem(toPageError(error, 'storage')?.message ?? null);
    }
    setBusy(null);
    onChange();
  };
  return { busy, problem, run };
}

interface StoredRowProps {
  model: CachedModel;
  busy: boolean;
  onLoad(): void;
  onExport(): void;
  onDelete(): void;
}

function StoredRow({ model, busy, onLoad, onExport, onDelete }: StoredRowProps) {
  const name = <span className="visually-hidden"> {model.id}</span>;
  return (
    <li className="stored" data-testid="stored">
      <p className="stored-name">
        <bdi>{model.id}</bdi>
        <span className="muted">
          {' '}
          {formatBytes(model.bytes)}
          {model.complete ? '' : words.incomplete} · {model.revision.slice(0, 8)}
        </span>
      </p>
      <div className="row">
        <button type="button" className="small" disabled={busy} onClick={onLoad}>
          {model.complete ? messages.models.open : messages.models.resume}
          {name}
        </button>
        <button type="button" className="small" disabled={busy || !model.complete} onClick={onExport}>
          {words.export}
          {name}
        </button>
        <button type="button" className="small" disabled={busy} onClick={onDelete}>
          {words.delete}
          {name}
        </button>
      </div>
    </li>
  );
}

function Report({ changed }: { changed: number }) {
  const page = usePage();
  const [report, setReport] = useState<StorageReport | null>(null);
  const [asked, setAsked] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked again whenever the stored models change
  useEffect(() => {
    page.backend.storageReport().then(setReport, () => setReport(null));
  }, [page, changed, asked]);
  if (!report) return <p className="muted">{words.unknown}</p>;
  const persist = () => void page.backend.requestPersistence().then(() => setAsked(true));
  return (
    <p className="muted">
      {report.usage === null ? '' : words.inUse(formatBytes(report.usage))}
      {report.quota ? words.allowed(formatBytes(report.quota)) : ''}.{' '}
      {report.persisted ? (
        words.persisted
      ) : (
        <>
          {words.temporary}
          {asked ? words.declined : ''}.{' '}
          <button type="button" className="link" onClick={persist}>
            {words.persist}
          </button>
        </>
      )}
    </p>
  );
}

/** Reads an exported model back. */
function ImportField({ busy, onFile }: { busy: boolean; onFile(file: File): void }) {
  const id = useId();
  return (
    <div className="field-row">
      <label htmlFor={id}>{words.importLabel}</label>
      <input
        id={id}
        type="file"
        accept=".vitrine"
        disabled={busy}
        onChange={(event) => {
          const file = event.target.files?.[0];
          if (file) onFile(file);
        }}
      />
    </div>
  );
}

interface StorageProps {
  stored: readonly CachedModel[];
  onChange(): void;
  onLoad(request: LoadRequest): void;
}

/** What this browser keeps for the page, and what can be done with it. */
export function Storage({ stored, onChange, onLoad }: StorageProps) {
  const { backend } = usePage();
  const { busy, problem, run } = useWork(onChange);
  const id = useId();
  const save = (model: CachedModel) => async () =>
    saveFile(await backend.exportCached(model.id), `${model.id.replaceAll('/', '--')}.vitrine`);
  return (
    <section className="storage" aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>{words.title}</h3>
      {stored.length === 0 && <p className="muted">{words.none}</p>}
      <ul className="stored-list">
        {stored.map((model) => (
          <StoredRow
            key={model.id}
            model={model}
            busy={busy !== null}
            onLoad={() => onLoad(requestFor(model.id))}
            onExport={() => void run(words.exporting(model.id), save(model))}
            onDelete={() => void run(words.deleting(model.id), () => backend.deleteCached(model.id))}
          />
        ))}
      </ul>
      <Report changed={stored.length} />
      <OfflineCheck />
      <ImportField
        busy={busy !== null}
        onFile={(file) => void run(words.importing, async () => void (await backend.importCached(file)))}
      />
      <p role="status">{busy ?? ''}</p>
      {problem && <p role="alert">{problem}</p>}
    </section>
  );
}
