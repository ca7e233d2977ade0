import { type FormEvent, useId, useState } from 'react';
import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { requestForServer } from '../state/server-model.ts';
import type { LoadRequest } from '../state/types.ts';
import { SecretInput } from './secret-input.tsx';
import { SourceInput } from './source-input.tsx';

const words = messages.server;
const form = messages.serverForm;

interface FieldProps {
  label: string;
  placeholder?: string;
  value: string;
  onChange(value: string): void;
}

function Field({ label, placeholder = '', value, onChange }: FieldProps) {
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{label}</label>
      <SourceInput {...{ id, placeholder }} source={value} onSource={onChange} />
    </>
  );
}

/** Lives in memory, goes to the server only, is gone with the page. */
function KeyField() {
  const actions = useActions();
  const value = usePageState((state) => state.serverKey);
  const id = useId();
  return (
    <>
      <label htmlFor={id}>{form.key}</label>
      <SecretInput {...{ id, value }} placeholder={form.keyPlaceholder} onValue={actions.setServerKey} />
    </>
  );
}

/** The address of a server with OpenAI's completions, as a model of the page. */
export function ServerModel({ onLoad }: { onLoad(request: LoadRequest): void }) {
  const last = usePageState((state) => state.request?.server);
  const [baseUrl, setBaseUrl] = useState(last?.baseUrl ?? '');
  const [model, setModel] = useState(last?.model ?? '');
  const [tokenizer, setTokenizer] = useState(last?.tokenizer ?? '');
  const id = useId();
  const address = {
    baseUrl: baseUrl.trim(),
    model: model.trim(),
    tokenizer: tokenizer.trim() || model.trim(),
  };
  const complete = address.baseUrl !== '' && address.model !== '';
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    if (complete) onLoad(requestForServer(address));
  };
  return (
    <section className="other" aria-labelledby={`${id}-title`}>
      <h3 id={`${id}-title`}>{words.label}</h3>
      <p className="explain">{form.explain}</p>
      <form className="field-row" onSubmit={onSubmit}>
        <Field
          label={form.address}
          placeholder={form.addressPlaceholder}
          value={baseUrl}
          onChange={setBaseUrl}
        />
        <Field label={form.model} placeholder={form.modelPlaceholder} value={model} onChange={setModel} />
        <Field label={form.tokenizer} value={tokenizer} onChange={setTokenizer} />
        <KeyField />
        <div className="row">
          <button type="submit" className="primary" disabled={!complete}>
            {form.connect}
          </button>
        </div>
      </form>
    </section>
  );
}
