import { useRef } from 'react';
import { formatProgress } from '../../lib/index.ts';
import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import type { ModelChoice } from '../state/dropped-files.ts';
import { bundledModel, requestFor } from '../state/load-request.ts';
import type { PageState } from '../state/page-state.ts';
import type { SourceKind } from '../state/types.ts';
import { ErrorNotice } from './error-notice.tsx';

const words = messages.notice;
/** Buttons for as many models. */
const mostChoices = 12;

function share({ progress }: PageState): number | null {
  return progress?.totalBytes ? progress.loadedBytes / progress.totalBytes : null;
}

function loadingText(kind: SourceKind | undefined, paused: boolean): string {
  if (kind === 'server') return words.connecting;
  if (kind === 'files') return paused ? words.pausedFiles : words.files;
  return paused ? words.pausedText : words.kept;
}

function Loading({ paused }: { paused: boolean }) {
  const actions = useActions();
  const done = usePageState(share);
  const request = usePageState((state) => state.request);
  const far = usePageState(({ progress }) => {
    if (!progress?.totalBytes) return '';
    return formatProgress(paused ? { ...progress, bytesPerSecond: 0, secondsLeft: undefined } : progress);
  });
  if (!paused && request?.kind === 'bundled') return null;
  return (
    <section className="notice" aria-label={words.loading}>
      <h2>
        {paused ? words.paused : words.loading} <bdi>{request?.name}</bdi>
      </h2>
      <progress aria-label={words.loaded} {...(done === null ? {} : { value: done, max: 1 })} />
      <p className="figure-number progress-line">{far}</p>
      <p className="muted">{loadingText(request?.kind, paused)}</p>
      <div className="row">
        {paused ? (
          <button type="button" className="primary" onClick={() => void actions.resume()}>
            {words.resume}
          </button>
        ) : (
          <button type="button" onClick={actions.pause}>
            {words.pause}
          </button>
        )}
        <button type="button" className="quiet" onClick={() => void actions.cancel()}>
          {words.cancel}
        </button>
      </div>
    </section>
  );
}

/** A page may not open files by itself: the visitor chooses the folder again. */
function ChooseFolder() {
  const actions = useActions();
  const input = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" className="primary" onClick={() => input.current?.click()}>
        {words.chooseFolder}
      </button>
      <input
        ref={input}
        type="file"
        hidden
        multiple
        {...{ webkitdirectory: '' }}
        onChange={(event) => void actions.openFiles([...(event.target.files ?? [])])}
      />
    </>
  );
}

const waitingFor: Record<SourceKind, string> = {
  bundled: words.choose,
  hub: words.waitingHub,
  folder: words.waitingFolder,
  files: words.waitingFiles,
  server: words.waitingServer,
};

/** No model, and nothing wrong: one that is not here yet is asked for, or a download was cancelled. */
function Idle() {
  const actions = useActions();
  const request = usePageState((state) => state.request);
  return (
    <section className="notice" aria-label={words.noModel}>
      <h2>{request ? <bdi>{request.name}</bdi> : words.noModelTitle}</h2>
      {request?.server && <bdi className="token-hub">{request.server.baseUrl}</bdi>}
      <p className="muted">{request ? waitingFor[request.kind] : words.choose}</p>
      <div className="row">
        {request?.kind === 'files' && <ChooseFolder />}
        {request && request.kind !== 'files' && (
          <button type="button" className="primary" onClick={() => void actions.load(request)}>
            {request.kind === 'server' ? words.connect : words.load}
          </button>
        )}
        <button type="button" onClick={() => actions.show('models')}>
          {words.chooseModel}
        </button>
        <button type="button" onClick={() => void actions.load(requestFor(bundledModel))}>
          {words.useBundled}
        </button>
      </div>
    </section>
  );
}

/** Several models were dropped: one of them is to be chosen; the loaded one stays until then. */
function WhichModel({ models }: { models: readonly ModelChoice[] }) {
  const actions = useActions();
  return (
    <section className="notice" aria-label={words.which} data-testid="which-model">
      <h2>{words.which}</h2>
      <p className="muted">{words.whichText(models.length)}</p>
      <div className="row">
        {models.slice(0, mostChoices).map(({ name, files }) => (
          <button key={name} type="button" onClick={() => void actions.openFiles(files)}>
            <bdi>{name}</bdi>
          </button>
        ))}
        <button type="button" className="quiet" onClick={actions.forgetChoices}>
          {words.dismiss}
        </button>
      </div>
    </section>
  );
}

/** Whatever stands between the visitor and the next word, over the foot of the sheet. */
export function Notice() {
  const phase = usePageState((state) => state.phase);
  const error = usePageState((state) => state.error);
  const choices = usePageState((state) => state.modelChoices);
  if (choices.length > 0) return <WhichModel models={choices} />;
  if (error) return <ErrorNotice error={error} />;
  if (phase === 'loading' || phase === 'paused') return <Loading paused={phase === 'paused'} />;
  if (phase === 'idle') return <Idle />;
  return null;
}
