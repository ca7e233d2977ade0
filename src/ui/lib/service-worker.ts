/** Takes the new version over and reloads; the page brings its text back by itself. */
export type TakeUpdate = () => void;

function takeOver(waiting: ServiceWorker): TakeUpdate {
  return () => {
    navigator.serviceWorker.addEventListener('controllerchange', () => location.reload(), { once: true });
    waiting.postMessage({ type: 'SKIP_WAITING' });
  };
}

/**
 * Keeps the page's own files for visits without a network, and tells when a new version is ready. Never throws: where
 * there are no service workers the page works as before.
 */
export async function keepPage(onUpdate: (take: TakeUpdate) => void): Promise<void> {
  if (!import.meta.env.PROD || !('serviceWorker' in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.register(new URL('sw.js', document.baseURI));
    const tell = () => {
      // The first version has nobody to replace.
      if (registration.waiting && navigator.serviceWorker.controller)
        onUpdate(takeOver(registration.waiting));
    };
    tell();
    registration.addEventListener('updatefound', () => {
      const { installing } = registration;
      installing?.addEventListener('statechange', tell);
    });
  } catch {
    // A private window, or a host without https: the page is simply not kept.
  }
}
