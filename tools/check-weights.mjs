import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { build } from 'vite';
import { startHubServer } from '../test/support/hub-server.ts';
import { browserArgs, ensureBrowser, findBrowser } from './browser.ts';
import { gpt2ShapedFile } from './gpt2-shape.mjs';

/**
 * The loading of weights in a real browser, on a file of the 124M model's size: memory, storage, resuming, two tabs.
 * Prints figures; exits with 1 when one is out of bounds. Names of checks as arguments run those alone.
 */
const MiB = 1024 * 1024;
const id = 'check/gpt2-shaped';
const weights = 'model.safetensors';
const results = [];
const file = gpt2ShapedFile();
const total = file.bytes;

function report(name, passed, figures) {
  results.push(passed);
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${name}: ${figures}`);
}

const mib = (bytes) => `${(bytes / MiB).toFixed(1)} MiB`;
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

const page = `<!doctype html><meta charset="utf-8"><title>check</title><script type="module">
import * as weights from './weights.js';
window.weights = weights;
window.seen = { loadedBytes: 0 };
window.load = async (options) => {
  const sink = { bytes: 0, masks: 0 };
  let notice;
  const start = performance.now();
  const checkpoint = await weights.openCheckpoint('${id}', { ...options, onProgress(p) {
    if (p.phase === 'weights') window.seen = p;
    notice = p.notice ?? notice;
  } });
  await checkpoint.stream((tensor) => !/attn\\.(masked_)?bias$/.test(tensor.name), {
    write(tensor, offset, bytes) {
      sink.bytes += bytes.length;
      if (tensor.name.endsWith('attn.bias')) sink.masks += bytes.length;
    },
  });
  checkpoint.close();
  return { ms: performance.now() - start, sink, notice, last: window.seen };
};
window.bareRead = async (model, count) => {
  const open = indexedDB.open('vitrine-models');
  const db = await new Promise((resolve, reject) => { open.onsuccess = () => resolve(open.result); open.onerror = reject; });
  const start = performance.now();
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    const get = db.transaction('entries').objectStore('entries').get(['chunk', model, '${weights}', i]);
    bytes += (await new Promise((resolve, reject) => { get.onsuccess = () => resolve(get.result); get.onerror = reject; })).length;
  }
  const ms = performance.now() - start;
  db.close();
  return { ms, bytes };
};
window.ready = true;
</script>`;

async function bundle() {
  const output = await build({
    configFile: false,
    logLevel: 'error',
    build: { write: false, lib: { entry: 'src/weights/index.ts', formats: ['es'], fileName: 'weights' } },
  });
  return output[0].output[0].code;
}

async function newPage(context, server) {
  const tab = await context.newPage();
  await tab.goto(`${server.folderUrl('app')}index.html`);
  await tab.waitForFunction('window.ready');
  return tab;
}

/** Polls everything that counts as the page's heap: objects, DOM, and array buffers. */
async function watchHeap(context, tab) {
  const session = await context.newCDPSession(tab);
  await session.send('HeapProfiler.collectGarbage');
  const now = async () => {
    const heap = await session.send('Runtime.getHeapUsage');
    return heap.usedSize + (heap.embedderHeapUsedSize ?? 0) + (heap.backingStorageSize ?? 0);
  };
  const base = await now();
  let peak = base;
  let on = true;
  const polling = (async () => {
    while (on) {
      peak = Math.max(peak, await now());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  })();
  return async () => {
    on = false;
    await polling;
    return { base, rise: peak - base };
  };
}

const run = (tab, hub, options = {}) => tab.evaluate((all) => window.load(all), { hub, ...options });
const stored = async (tab) => {
  const models = await tab.evaluate(() => window.weights.listCached());
  return models[0]?.files.find((one) => one.path === weights)?.bytes ?? 0;
};
async function clear(context, server) {
  const tab = await newPage(context, server);
  await tab.evaluate((name) => window.weights.deleteCached(name), id);
  await tab.close();
}

async function firstLoad(context, server) {
  const tab = await newPage(context, server);
  const heap = await watchHeap(context, tab);
  const loaded = await run(tab, server.hub);
  const { base, rise } = await heap();
  const sent = server.asked(weights);
  report(
    'first load, bounded heap',
    rise <= 64 * MiB && sent === total,
    `${mib(total)} in ${seconds(loaded.ms)}, heap ${mib(rise)} above ${mib(base)}, asked of the server ${mib(sent)}`,
  );
  report(
    'masks never reach the sink',
    loaded.sink.masks === 0,
    `${mib(loaded.sink.bytes)} of weights, ${loaded.sink.masks} bytes of masks`,
  );
  await tab.close();
}

async function cachedLoad(context, server) {
  const model = `${server.hub} ${id} ${server.commit(id)}`;
  const times = { cached: [], bare: [] };
  let heapRise = 0;
  server.forget();
  for (let i = 0; i < 3; i++) {
    const tab = await newPage(context, server);
    await context.setOffline(true);
    const bare = await tab.evaluate(
      ([name, count]) => window.bareRead(name, count),
      [model, Math.ceil(total / (4 * MiB))],
    );
    const heap = await watchHeap(context, tab);
    const loaded = await run(tab, server.hub);
    heapRise = Math.max(heapRise, (await heap()).rise);
    if (bare.bytes !== total || !loaded.last.fromCache)
      throw new Error('The stored model was not read whole.');
    times.bare.push(bare.ms);
    times.cached.push(loaded.ms);
    await context.setOffline(false);
    await tab.close();
  }
  const asked = server.requests.filter((one) => one.path === weights).length;
  report(
    'second load with the network off',
    asked === 0 && heapRise <= 64 * MiB,
    `${asked} requests, heap ${mib(heapRise)} above baseline`,
  );
  const ratio = median(times.cached) / median(times.bare);
  report(
    'cached load against a bare IndexedDB read',
    ratio <= 2,
    `${seconds(median(times.cached))} against ${seconds(median(times.bare))}, ratio ${ratio.toFixed(2)} (medians of 3: ${times.cached.map(seconds)} | ${times.bare.map(seconds)})`,
  );
}

async function killedTabs(context, server) {
  await clear(context, server);
  const figures = [];
  let good = true;
  for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
    const tab = await newPage(context, server);
    const before = await stored(tab);
    server.forget();
    void run(tab, server.hub).catch(() => undefined);
    await tab.waitForFunction((bytes) => window.seen.loadedBytes >= bytes, share * total, { polling: 20 });
    const session = await context.newCDPSession(tab);
    const crashed = new Promise((resolve) => tab.once('crash', resolve));
    session.send('Page.crash').catch(() => undefined);
    await crashed;
    await tab.close();
    good &&= noneAsked(server, before) && before < share * total;
    figures.push(`${mib(before)} kept`);
  }
  const tab = await newPage(context, server);
  const before = await stored(tab);
  server.forget();
  await run(tab, server.hub);
  const asked = server.asked(weights);
  const models = await tab.evaluate(() => window.weights.listCached());
  good &&= asked === total - before && models[0].complete;
  await tab.close();
  report(
    'tab killed at 5 points',
    good,
    `${figures.join(', ')}; the last resume had ${mib(before)} and asked for ${mib(asked)}`,
  );
}

/** No byte that is stored was asked for again. */
function noneAsked(server, before) {
  const ranges = server.requests.filter((one) => one.path === weights && one.range);
  return ranges.every((one) => one.range[0] >= before);
}

async function twoTabs(context, server) {
  await clear(context, server);
  const tabs = await Promise.all([newPage(context, server), newPage(context, server)]);
  server.forget();
  const loads = await Promise.all(tabs.map((tab) => run(tab, server.hub)));
  const asked = server.asked(weights);
  const waited = loads.some((one) => one.notice?.startsWith('Another tab'));
  report(
    'two tabs at once',
    waited && asked - total <= 64 * 1024,
    `asked for ${mib(asked)} of ${mib(total)}`,
  );
  for (const tab of tabs) await tab.close();
}

/** In a fresh browser: one that has used its storage goes on for a while with the space it counted before. */
async function smallQuota(_, server) {
  const { context, close } = await launch();
  try {
    const tab = await newPage(context, server);
    const session = await context.newCDPSession(tab);
    await session.send('Storage.overrideQuotaForOrigin', { origin: server.hub, quotaSize: 100e6 });
    const heap = await watchHeap(context, tab);
    const loaded = await run(tab, server.hub);
    const { rise } = await heap();
    const kept = await stored(tab);
    report(
      'quota of 100 MB',
      /full/.test(loaded.notice ?? '') && rise <= 64 * MiB && kept === 0,
      `"${loaded.notice}", heap ${mib(rise)} above baseline, ${mib(kept)} left in storage`,
    );
  } finally {
    await close();
  }
}

/** A frame of another site, in a browser that denies such frames their storage. */
async function blockedStorage(_, server) {
  const strict = await launch({ profile: { cookie_controls_mode: 1, block_third_party_cookies: true } });
  try {
    const tab = await newPage(strict.context, server);
    const other = server.folderUrl('app').replace('127.0.0.1', 'localhost');
    await tab.setContent(`<iframe src="${other}index.html"></iframe>`);
    await tab.waitForFunction('frames.length === 1');
    const frame = tab.frames()[1];
    await frame.waitForFunction('window.ready');
    const loaded = await run(frame, server.hub);
    report(
      'storage blocked (third-party frame)',
      /may not store/.test(loaded.notice ?? ''),
      `"${loaded.notice}"`,
    );
  } finally {
    await strict.close();
  }
}

/** A browser with a profile of its own on disk. */
async function launch(preferences = {}) {
  const profile = mkdtempSync(join(tmpdir(), 'vitrine-weights-'));
  mkdirSync(join(profile, 'Default'));
  writeFileSync(join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: findBrowser(),
    args: browserArgs,
    headless: true,
  });
  const close = async () => {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  };
  return { context, close };
}

await ensureBrowser();
console.log(`A file of ${total} bytes, SHA-256 ${await file.sha256()}`);
const files = {
  [weights]: file,
  'config.json': '{"model_type":"gpt2"}',
  'vocab.json': '{}',
  'merges.txt': '',
};
const server = await startHubServer({
  repos: { [id]: { files } },
  folders: { app: { 'index.html': page, 'weights.js': await bundle() } },
  hideHeaders: true,
  pieceBytes: 256 * 1024,
});
const { context, close } = await launch();
try {
  const all = [firstLoad, cachedLoad, twoTabs, smallQuota, killedTabs, blockedStorage];
  const named = all.filter((check) => process.argv.includes(check.name));
  for (const check of named.length > 0 ? named : all) await check(context, server);
} finally {
  await close();
  await server.close();
}
const passed = results.filter(Boolean).length;
console.log(`${passed} passed, ${results.length - passed} failed`);
process.exit(passed === results.length ? 0 : 1);
