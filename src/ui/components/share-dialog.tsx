import { useId } from 'react';
import { usePage, usePageState } from '../hooks.tsx';
import { saveFile } from '../lib/download.ts';
import { exportHtml } from '../lib/export-html.ts';
import { exportImage } from '../lib/export-image.ts';
import { exportRun } from '../lib/export-run.ts';
import { currentVersion } from '../state/context.ts';
import { promptText } from '../state/document.ts';
import { type Shared, writeEmbed, writeLink } from '../state/share.ts';
import { toPageError } from '../state/troubles.ts';
import { CopyButton } from './copy-button.tsx';
import { Dialog } from './dialog.tsx';

/** What can be shared, or null while the model is of files that are on this machine alone. */
function useShared(): Shared | null {
  const state = usePageState((now) => now);
  if (!state.model || typeof state.request?.source !== 'string') return null;
  return {
    model: state.model.id,
    revision: state.model.revision,
    prompt: promptText(currentVersion(state)),
    seed: state.run?.seed ?? state.settings.seed,
    settings: state.settings,
  };
}

/** HTML to paste into another page. */
function EmbedCode({ what }: { what: Shared }) {
  const id = useId();
  const { element, frame } = writeEmbed(location.href, what);
  return (
    <section aria-labelledby={id}>
      <h3 id={id}>A demo in a page of yours</h3>
      <p className="muted">
        It downloads nothing before a click. The element is for pages that take a script, the frame for the
        others.
      </p>
      <textarea
        className="code"
        readOnly
        rows={6}
        spellCheck={false}
        value={element}
        aria-label="Code of the element"
        data-testid="embed-code"
      />
      <div className="row">
        <CopyButton text={() => element} name="Copy element" />
        <CopyButton text={() => frame} name="Copy frame" />
      </div>
    </section>
  );
}

export function ShareDialog() {
  const page = usePage();
  const shared = useShared();
  const link = shared && writeLink(location.href, shared);
  const ready = usePageState((state) => state.model !== null);
  const id = useId();
  const save = (text: string, type: string, name: string) => saveFile(new Blob([text], { type }), name);
  const saveImage = async () => {
    try {
      saveFile(await exportImage(page.store.getState()), 'vitrine-text.png');
    } catch (error) {
      page.actions.show(null);
      page.actions.fail(toPageError(error, 'storage'));
    }
  };
  const now = () => new Date().toISOString();
  return (
    <Dialog title="Share and keep">
      <section aria-labelledby={`${id}-link`}>
        <h3 id={`${id}-link`}>A link that writes this again</h3>
        {link ? (
          <>
            <p className="muted">Model, revision, beginning, seed and settings. The text stays out of it.</p>
            <div className="row">
              <input className="grow" readOnly value={link} aria-label="Link" data-testid="link" />
              <CopyButton text={() => link} name="Copy link" />
            </div>
          </>
        ) : (
          <p className="muted">
            A link can name models of the hub and the bundled one, not files of this machine.
          </p>
        )}
      </section>
      {shared && <EmbedCode what={shared} />}
      <section aria-labelledby={`${id}-keep`}>
        <h3 id={`${id}-keep`}>This run as a file</h3>
        <p className="muted">
          JSON holds every token with its id and log-probability, the settings, the model and the adapter. The
          page is one HTML file with the shading, which opens anywhere. The image is the text with its shading
          and the plot of its surprise.
        </p>
        <div className="row">
          <button
            type="button"
            disabled={!ready}
            onClick={() =>
              save(exportRun(page.store.getState(), now()), 'application/json', 'vitrine-run.json')
            }
          >
            Save as JSON
          </button>
          <button
            type="button"
            disabled={!ready}
            onClick={() => save(exportHtml(page.store.getState()), 'text/html', 'vitrine-text.html')}
          >
            Save as a page
          </button>
          <button type="button" disabled={!ready} onClick={() => void saveImage()}>
            Save as an image
          </button>
        </div>
      </section>
      <p className="muted">
        Texts, versions and settings are also kept in this browser and are back after a reload.
      </p>
    </Dialog>
  );
}
