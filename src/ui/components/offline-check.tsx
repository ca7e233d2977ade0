import { useState } from 'react';
import { usePage, usePageState } from '../hooks.tsx';
import { checkOffline, type OfflineReport } from '../lib/offline.ts';

function words(report: OfflineReport): string {
  if (report.works) return 'Yes: the page and its model are all on this device.';
  if (report.missing.length > 0)
    return `Not yet: ${report.missing.length} files of the page are not stored, first ${report.missing[0]}.`;
  return 'Not yet: the model is not stored completely.';
}

/** Tests rather than claims: every file this page was made of, and the model, must be found in storage. */
export function OfflineCheck() {
  const page = usePage();
  const id = usePageState((state) => state.model?.id ?? null);
  const [answer, setAnswer] = useState<string | null>(null);
  const check = async () => {
    setAnswer('Looking …');
    setAnswer(words(await checkOffline(id, () => page.backend.listCached())));
  };
  return (
    <p data-testid="offline">
      Works offline?{' '}
      <button type="button" className="link" onClick={() => void check()}>
        Test it
      </button>{' '}
      <span role="status">{answer ?? ''}</span>
    </p>
  );
}
