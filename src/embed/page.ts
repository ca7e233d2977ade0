import { startFrame } from './frame.ts';
import './page.css';

/** Registers the service worker after the first model load, so that the frame works offline. */
function keepSite(): void {
  if (!import.meta.env.PROD) return;
  // Refused where storage is blocked; `navigator.serviceWorker` itself throws in a sandbox without an origin.
  Promise.resolve()
    .then(() => navigator.serviceWorker.register(new URL('sw.js', document.baseURI)))
    .catch(() => {});
}

startFrame().addEventListener('ready', keepSite, { once: true });
