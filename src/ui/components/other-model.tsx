import { type FormEvent, useId, useState } from 'react';
import type { ModelSource } from '../../engine/index.ts';
import { defaultHub } from '../../weights/index.ts';
import { useActions, usePage } from '../hooks.tsx';
import { requestFor } from '../state/loading.ts';
import type { LoadRequest } from '../state/types.ts';
import { MemoryPlanView } from './memory-plan.tsx';

/** For gated repositories. Lives in memory, goes to the hub alone, is gone with the page. */
function TokenField() {
  const page = usePage();
  const actions = useActions();
  const [value, setValue] = useState(page.token());
  const id = useId();
  const hub = new URL(page.hub ?? defaultHub).host;
  return (
    <div className="field-row">
      <label htmlFor={id}>
        Access token, for gated models only. It is sent to{' '}
        <bdi className="token-hub" data-testid="token-hub">
          {hub}
        </bdi>{' '}
        alone{page.hub ? ', the hub that this page’s address names' : ''}.
      </label>
      <input
        id={id}
        type="password"
        autoComplete="off"
        spellCheck={false}
        value={value}
        placeholder="kept in memory only, never stored"
        onChange={(event) => {
          setValue(event.target.value);
          actions.setToken(event.target.value.trim());
        }}
      />
    </div>
  );
}

/** Any repository of the hub, any folder on the web, or files from this machine. */
export function OtherModel({ onLoad }: { onLoad(request: LoadRequest): void }) {
  const [source, setSource] = useState('');
  const [planned, setPlanned] = useState<ModelSource | null>(null);
  const [dtype, setDtype] = useState<LoadRequest['dtype']>(null);
  const id = useId();
  const wanted = source.trim();

  function onSubmit(event: FormEvent) {
    event.preventDefault();
    if (wanted) onLoad({ ...requestFor(wanted), dtype });
  }

  return (
    <section className="other" aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>Any other model of the GPT-2 family</h3>
      <form className="field-row" onSubmit={onSubmit}>
        <label htmlFor={id}>Hub id, or address of a folder with config.json and safetensors</label>
        <div className="field-with-button">
          <input
            id={id}
            type="text"
            inputMode="url"
            autoCapitalize="off"
            autoComplete="off"
            spellCheck={false}
            placeholder="owner/name or owner/name@revision"
            value={source}
            onChange={(event) => {
              setSource(event.target.value);
              setPlanned(null);
            }}
          />
          <button type="submit" className="primary" disabled={!wanted}>
            Load
          </button>
          <button type="button" disabled={!wanted} onClick={() => setPlanned(wanted)}>
            Does it fit?
          </button>
        </div>
      </form>
      {planned && <MemoryPlanView source={planned} dtype={dtype} onDtype={setDtype} />}
      <TokenField />
      <div className="field-row">
        <label htmlFor={`${id}-files`}>
          Or files from this machine: config.json, *.safetensors, vocab.json and merges.txt. They can also be
          dropped anywhere on the page.
        </label>
        <input
          id={`${id}-files`}
          type="file"
          multiple
          onChange={(event) => {
            const files = [...(event.target.files ?? [])];
            if (files.length > 0) onLoad(requestFor(files));
          }}
        />
      </div>
    </section>
  );
}
