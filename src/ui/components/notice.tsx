import { formatProgress } from '../../lib/index.ts';
import { useActions, usePage, usePageState } from '../hooks.tsx';
import { bundledModel, requestFor } from '../state/loading.ts';
import type { PageState } from '../state/types.ts';
import { Trouble } from './trouble.tsx';

function share({ progress }: PageState): number | null {
  return progress?.totalBytes ? progress.loadedBytes / progress.totalBytes : null;
}

function Loading({ paused }: { paused: boolean }) {
  const actions = useActions();
  const done = usePageState(share);
  const request = usePageState((state) => state.request);
  const far = usePageState(({ progress }) => {
    if (!progress?.totalBytes) return '';
    return formatProgress(paused ? { ...progress, bytesPerSecond: 0, secondsLeft: undefined } : progress);
  });
  if (!paused && request?.source === bundledModel) return null;
  return (
    <section className="notice" aria-label="Loading">
      <h2>
        {paused ? 'Paused' : 'Loading'} <bdi>{request?.name}</bdi>
      </h2>
      <progress aria-label="Loaded" {...(done === null ? {} : { value: done, max: 1 })} />
      <p className="figure-number progress-line">{far}</p>
      <p className="muted">
        {paused
          ? 'The whole parts that have arrived are kept, and loading goes on from there.'
          : 'What arrives is kept in this browser; the next visit needs no download.'}
      </p>
      <div className="row">
        {paused ? (
          <button type="button" className="primary" onClick={() => void actions.resume()}>
            Resume
          </button>
        ) : (
          <button type="button" onClick={actions.pause}>
            Pause
          </button>
        )}
        <button type="button" className="quiet" onClick={() => void actions.cancel()}>
          Cancel
        </button>
      </div>
    </section>
  );
}

/** No model, and nothing wrong: a link asks for one that is not here yet, or a download was cancelled. */
function Idle() {
  const actions = useActions();
  const request = usePageState((state) => state.request);
  return (
    <section className="notice" aria-label="No model">
      <h2>{request ? <bdi>{request.name}</bdi> : 'No model loaded'}</h2>
      <p className="muted">
        {request
          ? 'This page asks for a model that is not on this device yet. It comes from the hub and is kept here.'
          : 'Choose one, or go on with the small one that comes with this page.'}
      </p>
      <div className="row">
        {request && (
          <button type="button" className="primary" onClick={() => void actions.load(request)}>
            Load it
          </button>
        )}
        <button type="button" onClick={() => actions.show('models')}>
          Choose a model
        </button>
        <button type="button" onClick={() => void actions.load(requestFor(bundledModel))}>
          Use the bundled model
        </button>
      </div>
    </section>
  );
}

/** Whatever stands between the visitor and the next word, over the foot of the sheet. */
export function Notice() {
  const page = usePage();
  const phase = usePageState((state) => state.phase);
  const error = usePageState((state) => state.error);
  if (error) return <Trouble error={error} page={page} />;
  if (phase === 'loading' || phase === 'paused') return <Loading paused={phase === 'paused'} />;
  if (phase === 'idle') return <Idle />;
  return null;
}
