import { type ChangeEvent, type FormEvent, useEffect, useId, useState } from 'react';
import { useActions, usePage, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { catalogue } from '../state/catalogue.ts';
import { requestFor } from '../state/load-request.ts';
import type { LoadRequest } from '../state/types.ts';
import { SourceInput } from './source-input.tsx';

const words = messages.second;

/** The loaded model in another weight type: what rounding its weights changes. The CPU engine has three of them. */
const dtypes = { webgpu: ['f32', 'f16', 'int8', 'int4'], cpu: ['f32', 'int8', 'int4'] } as const;

/** Names to choose from: what is stored here, and what the page knows. */
function useKnownModels(): readonly string[] {
  const { backend } = usePage();
  const [stored, setStored] = useState<readonly string[]>([]);
  useEffect(() => {
    backend.listCached().then(
      (models) => setStored(models.filter(({ complete }) => complete).map(({ id }) => id)),
      () => setStored([]),
    );
  }, [backend]);
  return [...new Set([...catalogue.map(({ source }) => source), ...stored])];
}

/** The model of the page once more, its weights held otherwise. */
function SameModel({ onOpen }: { onOpen(request: LoadRequest): void }) {
  const request = usePageState((state) => state.request);
  const model = usePageState((state) => state.model);
  if (!request || !model?.adapter) return null;
  return (
    <div className="field-row">
      <span>{words.same}</span>
      <div className="presets">
        {dtypes[model.adapter.backend]
          .filter((dtype) => dtype !== model.dtype)
          .map((dtype) => (
            <button key={dtype} type="button" className="small" onClick={() => onOpen({ ...request, dtype })}>
              {dtype}
            </button>
          ))}
      </div>
    </div>
  );
}

interface OpenProps {
  onOpen(source: string | File[]): void;
}

function SourceForm({ onOpen }: OpenProps) {
  const known = useKnownModels();
  const [source, setSource] = useState('');
  const id = useId();
  const wanted = source.trim();
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (wanted) onOpen(wanted);
  };
  return (
    <form className="field-row" onSubmit={onSubmit}>
      <label htmlFor={id}>{words.source}</label>
      <div className="field-with-button">
        <SourceInput
          {...{ id, source }}
          list={`${id}-known`}
          placeholder={words.placeholder}
          onSource={setSource}
        />
        <datalist id={`${id}-known`}>
          {known.map((name) => (
            <option key={name} value={name} />
          ))}
        </datalist>
        <button type="submit" className="primary" disabled={!wanted}>
          {words.load}
        </button>
      </div>
    </form>
  );
}

function LocalFiles({ onOpen }: OpenProps) {
  const id = useId();
  const onFiles = (event: ChangeEvent<HTMLInputElement>) => {
    const files = [...(event.target.files ?? [])];
    if (files.length > 0) onOpen(files);
  };
  return (
    <div className="field-row">
      <label htmlFor={id}>{words.files}</label>
      <input id={id} type="file" multiple onChange={onFiles} />
    </div>
  );
}

/** Which model to put beside the first one. */
export function SecondSource() {
  const { openSecond } = useActions();
  const backend = usePageState((state) => state.request?.backend ?? 'gpu');
  const open = (source: string | File[]) => void openSecond({ ...requestFor(source), backend });
  return (
    <>
      <SourceForm onOpen={open} />
      <LocalFiles onOpen={open} />
      <SameModel onOpen={(request) => void openSecond(request)} />
    </>
  );
}
