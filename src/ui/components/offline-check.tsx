import { useState } from 'react';
import { usePage, usePageState } from '../hooks.tsx';
import { checkOffline, type OfflineReport } from '../lib/offline.ts';
import { messages } from '../messages/index.ts';

const words = messages.offline;

function answerOf(report: OfflineReport): string {
  if (report.works) return words.yes;
  if (report.missing.length > 0) return words.missing(report.missing.length, report.missing[0] ?? '');
  return words.noModel;
}

/** Tests rather than claims: every file this page was made of, and the model, must be found in storage. */
export function OfflineCheck() {
  const page = usePage();
  const id = usePageState((state) => state.model?.id ?? null);
  const [answer, setAnswer] = useState<string | null>(null);
  const check = async () => {
    setAnswer(words.looking);
    setAnswer(answerOf(await checkOffline(id, () => page.backend.listCached())));
  };
  return (
    <p data-testid="offline">
      {words.question}{' '}
      <button type="button" className="link" onClick={() => void check()}>
        {words.test}
      </button>{' '}
      <span role="status">{answer ?? ''}</span>
    </p>
  );
}
