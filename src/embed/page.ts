import { startFrame } from './frame.ts';
import './page.css';

/** Once a model has come, which is the larger download, the site's own files are kept too: the frame then works offline. */
function keepSite(): void {
  if (!import.meta.env.PROD) return;
  // Refused where storage is blocked; `navigator.serviceWorker` itself throws in a sandbox without an origin.
  Promise.resolve()
    .then(() => navigator.serviceWorker.register(new URL('sw.js', document.baseURI)))
    .catch(() => {});
}

startFrame().addEventListener('ready', keepSite, { once: true });
