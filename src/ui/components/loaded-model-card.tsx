import type { ModelCard } from '../../engine/index.ts';
import { useActions, usePageState } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import type { LoadedModel } from '../state/types.ts';
import { FactList } from './fact-list.tsx';

const words = messages.card;

function tokenizerWord({ tokenizer: { kind, size } }: ModelCard): string {
  return kind === 'none' ? words.noTokenizer : words.tokenizer(kind, size);
}

function factsOf(card: ModelCard, { tokenText }: LoadedModel): [string, string][] {
  const { format, files, strippedPrefix, tokenizer, tiedHead, paddedRows, adapter } = card;
  const facts: [string, string][] = [
    [words.format, words.formats[format]],
    [words.files, files.join(', ')],
    [words.tokenizerName, tokenizerWord(card)],
    [words.head, tiedHead ? words.tied : words.untied],
  ];
  if (strippedPrefix) facts.push([words.prefix, strippedPrefix]);
  if (tokenizer.before.length > 0) facts.push([words.template, tokenizer.before.map(tokenText).join(' ')]);
  if (paddedRows > 0) facts.push([words.padded, words.paddedRows(paddedRows)]);
  if (adapter) facts.push([words.adapter, words.adapterOver(adapter.id, adapter.rank, adapter.base)]);
  return facts;
}

/** The switch of a LoRA adapter. */
function AdapterSwitch({ enabled }: { enabled: boolean }) {
  const actions = useActions();
  const busy = usePageState((state) => state.phase !== 'ready');
  return (
    <label className="check">
      <input
        type="checkbox"
        checked={enabled}
        disabled={busy}
        onChange={(event) => void actions.setAdapter(event.target.checked)}
      />
      {words.useAdapter}
    </label>
  );
}

/** What was read when the loaded model was opened, and what was assumed. */
export function LoadedModelCard() {
  const model = usePageState((state) => state.model);
  const request = usePageState((state) => state.request);
  if (!model?.card) return null;
  const name = request?.kind === 'files' ? request.name : model.id;
  const { adapter, notices } = model.card;
  return (
    <details className="loaded-model" data-testid="loaded-model-card">
      <summary>{words.title(name)}</summary>
      {adapter && <AdapterSwitch enabled={adapter.enabled} />}
      <FactList facts={factsOf(model.card, model)} />
      {notices.length > 0 && (
        <ul className="notices">
          {notices.map((notice) => (
            <li key={notice}>{notice}</li>
          ))}
        </ul>
      )}
    </details>
  );
}
