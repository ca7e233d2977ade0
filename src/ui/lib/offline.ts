import type { CachedModel } from '../../engine/index.ts';
import { messages } from '../messages/index.ts';
import { isBundled } from '../state/load-request.ts';

export interface OfflineReport {
  works: boolean;
  /** Names of the page's own files that no cache holds. */
  missing: string[];
  modelStored: boolean;
}

const modelFiles = ['config.json', 'model.safetensors', 'vocab.json', 'merges.txt'];

/** Addresses of everything this page has fetched from its own origin, itself included. */
function ownFiles(): string[] {
  const page = new URL(location.href);
  page.search = '';
  page.hash = '';
  const fetched = performance
    .getEntriesByType('resource')
    .map((entry) => entry.name)
    .filter((name) => name.startsWith(`${location.origin}/`) && !name.includes('/models/'));
  return [page.href, ...new Set(fetched)];
}

async function isStored(url: string): Promise<boolean> {
  const found = await caches.match(url, { ignoreSearch: true, ignoreVary: true });
  if (found) return true;
  // A folder's address and its index.html are one file.
  return url.endsWith('/') && (await caches.match(`${url}index.html`, { ignoreSearch: true })) !== undefined;
}

async function isModelStored(id: string, listCached: () => Promise<CachedModel[]>): Promise<boolean> {
  const stored = await listCached().catch(() => []);
  if (stored.some((model) => model.id === id && model.complete)) return true;
  if (!isBundled(id)) return false;
  const base = new URL(`models/${id}/`, document.baseURI);
  const found = await Promise.all(modelFiles.map((file) => isStored(new URL(file, base).href)));
  return found.every(Boolean);
}

/** Looks every file up in the browser's caches, as it would be without a network. */
export async function checkOffline(
  id: string | null,
  listCached: () => Promise<CachedModel[]>,
): Promise<OfflineReport> {
  const worker = 'serviceWorker' in navigator ? await navigator.serviceWorker.getRegistration() : undefined;
  const urls = ownFiles();
  const found = 'caches' in globalThis ? await Promise.all(urls.map(isStored)) : urls.map(() => false);
  const missing = urls
    .filter((_, i) => !worker?.active || !found[i])
    .map((url) => new URL(url).pathname.split('/').at(-1) || messages.offline.page);
  const modelStored = id !== null && (await isModelStored(id, listCached));
  return { works: missing.length === 0 && modelStored, missing, modelStored };
}
