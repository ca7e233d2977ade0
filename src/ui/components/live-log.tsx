import { useCallback, useEffect, useRef, useState } from 'react';
import { usePage } from '../hooks.tsx';
import { completeSentences } from '../lib/sentences.ts';
import { messages } from '../messages/index.ts';
import { versionText } from '../state/document.ts';
import { currentVersion } from '../state/selectors.ts';

const mostLines = 12;

/** Calls `say` with each sentence once it is written, and with the rest when the run ends. */
function useWrittenSentences(say: (text: string) => void) {
  const page = usePage();
  const said = useRef(0);
  useEffect(
    () =>
      page.store.subscribe((state, before) => {
        const writing = state.phase === 'generating' || before.phase === 'generating';
        if (!writing || (state.phase === before.phase && state.versions === before.versions)) return;
        const text = versionText(currentVersion(state));
        if (state.phase === 'generating' && before.phase !== 'generating') said.current = text.length;
        if (state.phase === 'generating' && state.versions !== before.versions) {
          const done = completeSentences(text.slice(said.current));
          if (done === '') return;
          said.current += done.length;
          say(done);
        }
        if (state.phase !== 'generating' && before.phase === 'generating') {
          say(text.slice(said.current));
          said.current = text.length;
        }
      }),
    [page, say],
  );
}

/** Reads the written text out to screen readers, sentence by sentence rather than token by token. */
export function LiveLog() {
  const [lines, setLines] = useState<{ key: number; text: string }[]>([]);
  const count = useRef(0);
  const say = useCallback((text: string) => {
    if (text.trim() === '') return;
    count.current += 1;
    const line = { key: count.current, text };
    setLines((before) => [...before.slice(-mostLines + 1), line]);
  }, []);
  useWrittenSentences(say);
  return (
    <div className="visually-hidden" role="log" aria-label={messages.log}>
      {lines.map((line) => (
        <p key={line.key} dir="auto">
          {line.text}
        </p>
      ))}
    </div>
  );
}
