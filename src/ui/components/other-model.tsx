import { type ChangeEvent, type FormEvent, useId, useState } from 'react';
import type { ModelSource } from '../../engine/index.ts';
import { defaultHub } from '../../weights/index.ts';
import { useActions, usePage, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { requestFor } from '../state/load-request.ts';
import type { LoadRequest } from '../state/types.ts';
import { MemoryPlanView } from './memory-plan.tsx';
import { SecretInput } from './secret-input.tsx';
import { SourceInput } from './source-input.tsx';

const words = messages.models;

/** For gated repositories. Lives in memory, goes to the hub only, is gone with the page. */
function TokenField() {
  const page = usePage();
  const actions = useActions();
  const value = usePageState((state) => state.accessToken);
  const id = useId();
  const hub = new URL(page.hub ?? defaultHub).host;
  return (
    <div className="field-row">
      <label htmlFor={id}>
        {words.tokenLabel}
        <bdi className="token-hub" data-testid="token-hub">
          {hub}
        </bdi>
        {words.tokenOnly}
        {page.hub ? words.tokenHub : ''}.
      </label>
      <SecretInput {...{ id, value }} placeholder={words.tokenPlaceholder} onValue={actions.setAccessToken} />
    </div>
  );
}

/** A folder or files of this device. */
function LocalFiles() {
  const actions = useActions();
  const id = useId();
  const open = (event: ChangeEvent<HTMLInputElement>) => {
    const files = [...(event.target.files ?? [])];
    if (files.length === 0) return;
    actions.show(null);
    void actions.openFiles(files);
  };
  return (
    <div className="field-row">
      <label htmlFor={`${id}-folder`}>{words.folderLabel}</label>
      <input id={`${id}-folder`} type="file" multiple {...{ webkitdirectory: '' }} onChange={open} />
      <label htmlFor={`${id}-files`}>{words.filesLabel}</label>
      <input id={`${id}-files`} type="file" multiple onChange={open} />
      <p className="explain">{words.dropHint}</p>
    </div>
  );
}

interface SourceFormProps {
  source: string;
  onSource(source: string): void;
  onLoad(source: string): void;
  onPlan(source: string): void;
}

/** The field for a hub id or URL, with buttons to load it or to estimate its memory. */
function SourceForm({ source, onSource, onLoad, onPlan }: SourceFormProps) {
  const id = useId();
  const wanted = source.trim();
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (wanted) onLoad(wanted);
  };
  return (
    <form className="field-row" onSubmit={onSubmit}>
      <label htmlFor={id}>{words.sourceLabel}</label>
      <div className="field-with-button">
        <SourceInput {...{ id, source, onSource }} placeholder={words.sourcePlaceholder} />
        <button type="submit" className="primary" disabled={!wanted}>
          {words.load}
        </button>
        <button type="button" disabled={!wanted} onClick={() => onPlan(wanted)}>
          {words.fits}
        </button>
      </div>
    </form>
  );
}

/** Any repository of the hub, any folder on the web, or files from this device. */
export function OtherModel({ onLoad }: { onLoad(request: LoadRequest): void }) {
  const [source, setSource] = useState('');
  const [planned, setPlanned] = useState<ModelSource | null>(null);
  const [dtype, setDtype] = useState<LoadRequest['dtype']>(null);
  const id = useId();
  return (
    <section className="other" aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>{words.otherTitle}</h3>
      <SourceForm
        source={source}
        onSource={(text) => {
          setSource(text);
          setPlanned(null);
        }}
        onLoad={(wanted) => onLoad({ ...requestFor(wanted), dtype })}
        onPlan={setPlanned}
      />
      {planned && <MemoryPlanView source={planned} dtype={dtype} onDtype={setDtype} />}
      <TokenField />
      <LocalFiles />
    </section>
  );
}
