import { useEffect, useId, useMemo } from 'react';
import { useActions, usePage, usePageState } from '../hooks.tsx';
import { saveFile } from '../lib/download.ts';
import { exportCsv } from '../lib/export-csv.ts';
import { exportHtml } from '../lib/export-html.ts';
import { exportImage } from '../lib/export-image.ts';
import { exportRun } from '../lib/export-run.ts';
import { messages } from '../messages/index.ts';
import { toPageError } from '../state/error-messages.ts';
import type { PageStore } from '../state/page-state.ts';
import { currentVersion } from '../state/selectors.ts';
import { type Shared, sharedOf, writeLink } from '../state/share.ts';
import { CopyButton } from './copy-button.tsx';
import { Dialog } from './dialog.tsx';
import { EmbedCode } from './embed-code.tsx';

const words = messages.share;

/** What can be shared of the text on screen; it stays while the dialog is open, except that its tokens get their ids. */
function useShared(): Shared | null {
  const { store } = usePage();
  const version = usePageState(currentVersion);
  const model = usePageState((state) => state.model);
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is read follows from these two
  return useMemo(() => sharedOf(store.getState()), [store, version, model]);
}

function LinkSection({ shared }: { shared: Shared | null }) {
  const id = useId();
  const link = shared && writeLink(location.href, shared);
  return (
    <section aria-labelledby={id}>
      <h3 id={id}>{words.linkTitle}</h3>
      {link ? (
        <>
          <p className="muted">{shared.exact && !shared.exact.run ? words.linkText : words.linkExplain}</p>
          <div className="row">
            <input className="grow" readOnly value={link} aria-label={words.link} data-testid="link" />
            <CopyButton text={() => link} name={words.copyLink} />
          </div>
        </>
      ) : (
        <p className="muted">{words.noLink}</p>
      )}
    </section>
  );
}

const blob = (text: string, type: string) => new Blob([text], { type });
/** Files a text can be saved as. */
const formats: { name: string; file: string; make(store: PageStore): Promise<Blob> | Blob }[] = [
  {
    name: words.json,
    file: 'vitrine-run.json',
    make: ({ getState }) => blob(exportRun(getState(), new Date().toISOString()), 'application/json'),
  },
  {
    name: words.csv,
    file: 'vitrine-tokens.csv',
    async make({ getState }) {
      const score = await getState().scoreText();
      return blob(exportCsv(getState(), score), 'text/csv');
    },
  },
  {
    name: words.page,
    file: 'vitrine-text.html',
    make: ({ getState }) => blob(exportHtml(getState()), 'text/html'),
  },
  { name: words.image, file: 'vitrine-text.png', make: ({ getState }) => exportImage(getState()) },
];

function ExportSection() {
  const { store } = usePage();
  const actions = useActions();
  const ready = usePageState((state) => state.phase === 'ready');
  const id = useId();
  // Every token has its probability before it is written down.
  const save = async ({ make, file }: (typeof formats)[number]) => {
    try {
      await actions.scored();
      saveFile(await make(store), file);
    } catch (error) {
      actions.show(null);
      actions.fail(toPageError(error, 'storage'));
    }
  };
  return (
    <section aria-labelledby={id}>
      <h3 id={id}>{words.exportTitle}</h3>
      <p className="muted">{words.exportExplain}</p>
      <div className="row">
        {formats.map((format) => (
          <button key={format.file} type="button" disabled={!ready} onClick={() => void save(format)}>
            {format.name}
          </button>
        ))}
      </div>
    </section>
  );
}

export function ShareDialog() {
  const { scored } = useActions();
  const shared = useShared();
  useEffect(() => void scored(), [scored]);
  return (
    <Dialog title={words.title}>
      <LinkSection shared={shared} />
      {shared && <EmbedCode what={shared} />}
      <ExportSection />
      <p className="muted">{words.kept}</p>
    </Dialog>
  );
}
