import type { BrowserContext, Page } from 'playwright';
import type { HubServer } from '../../test/support/hub-server.ts';
import { gpt2ShapedFile } from '../gpt2-shape.ts';
import { clear, launch, newPage, run, stored, watchHeap } from './browser.ts';
import { nanoGptFile } from './nanogpt-file.ts';
import { id, nanoGptId, smallId, weights } from './page.ts';

const MiB = 1024 * 1024;
export const file = gpt2ShapedFile();
const total = file.bytes;

export const nanoGpt = nanoGptFile();

/** 226 MB of F32. */
export const smallLayers = 2;
export const smallFile = gpt2ShapedFile(smallLayers);

/** Whether each check so far held. */
export const results: boolean[] = [];

function report(name: string, passed: boolean, figures: string): void {
  results.push(passed);
  console.log(`${passed ? 'ok  ' : 'FAIL'} ${name}: ${figures}`);
}

const mib = (bytes: number) => `${(bytes / MiB).toFixed(1)} MiB`;
const seconds = (ms: number) => `${(ms / 1000).toFixed(2)} s`;
const median = (values: number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function firstLoad(context: BrowserContext, server: HubServer): Promise<void> {
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

async function cachedLoad(context: BrowserContext, server: HubServer): Promise<void> {
  const model = `${server.hub} ${id} ${server.commit(id)}`;
  const times: { cached: number[]; bare: number[] } = { cached: [], bare: [] };
  let heapRise = 0;
  server.forget();
  for (let i = 0; i < 3; i++) {
    const tab = await newPage(context, server);
    await context.setOffline(true);
    const bare = await tab.evaluate(({ name, bytes }) => window.weightCheck.bareRead(name, bytes), {
      name: model,
      bytes: total,
    });
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
    'cached load against a bare read of its chunks',
    ratio <= 2,
    `${seconds(median(times.cached))} against ${seconds(median(times.bare))}, ratio ${ratio.toFixed(2)} (medians of 3: ${times.cached.map(seconds)} | ${times.bare.map(seconds)})`,
  );
}

const rounds = 5;

/** The CPU engine's load against the least that any load must do, in turns, as others use the machine too. */
async function loadRatios(context: BrowserContext, server: HubServer): Promise<void> {
  const model = `${server.hub} ${smallId} ${server.commit(smallId)}`;
  const times = { dropped: [], network: [], bare: [], database: [], stored: [] } as Record<string, number[]>;
  for (let round = 0; round < rounds; round++) {
    const tab = await newPage(context, server);
    const load = () =>
      tab.evaluate(({ id, hub }) => window.weightCheck.loadOnCpu(id, { hub }), {
        id: smallId,
        hub: server.hub,
      });
    const dropped = await tab.evaluate(
      (url) => window.weightCheck.fetchAndDrop(url),
      `${server.folderUrl('small')}${weights}`,
    );
    const network = await load();
    const place = { name: model, bytes: smallFile.bytes };
    const bare = await tab.evaluate(({ name, bytes }) => window.weightCheck.bareRead(name, bytes), place);
    const stored = await load();
    const database = await tab.evaluate(
      (bytes) => window.weightCheck.bareDatabaseRead(bytes),
      smallFile.bytes,
    );
    const whole = [dropped, bare, database].every(({ bytes }) => bytes === smallFile.bytes);
    if (!whole || network.fromCache || !stored.fromCache)
      throw new Error('A load was not what it was to be.');
    for (const [name, { ms }] of Object.entries({ dropped, network, bare, database, stored }))
      times[name]?.push(ms);
    await tab.evaluate((name) => window.weightCheck.weights.deleteCached(name), smallId);
    await tab.close();
  }
  compare('network load on the CPU against fetch and drop', times.network, times.dropped, 1.6);
  compare('stored load on the CPU against a bare read of its chunks', times.stored, times.bare, 1.3);
  compare('stored load on the CPU against a bare IndexedDB read', times.stored, times.database, 1.3);
}

/** The median of the ratios of neighbouring runs. */
function compare(name: string, ours: number[] = [], least: number[] = [], most: number): void {
  const ratios = ours.map((ms, index) => ms / (least[index] ?? Number.NaN));
  report(
    `${name}, ${mib(smallFile.bytes)}`,
    median(ratios) <= most,
    `ratio ${median(ratios).toFixed(2)} of ${ratios.map((ratio) => ratio.toFixed(2))} (${ours.map(seconds)} | ${least.map(seconds)})`,
  );
}

async function killedTabs(context: BrowserContext, server: HubServer): Promise<void> {
  await clear(context, server);
  const figures: string[] = [];
  let good = true;
  for (const share of [0.1, 0.3, 0.5, 0.7, 0.9]) {
    const tab = await newPage(context, server);
    const before = await stored(tab);
    server.forget();
    void run(tab, server.hub).catch(() => undefined);
    await tab.waitForFunction((bytes) => window.weightCheck.seen.loadedBytes >= bytes, share * total, {
      polling: 20,
    });
    const session = await context.newCDPSession(tab);
    const crashed = new Promise<Page>((resolve) => tab.once('crash', resolve));
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
  const models = await tab.evaluate(() => window.weightCheck.weights.listCached());
  good &&= asked === total - before && models[0]?.complete === true;
  await tab.close();
  report(
    'tab killed at 5 points',
    good,
    `${figures.join(', ')}; the last resume had ${mib(before)} and asked for ${mib(asked)}`,
  );
}

/** No byte that is stored was asked for again. */
function noneAsked(server: HubServer, before: number): boolean {
  const asked = server.requests.filter((one) => one.path === weights);
  return asked.every(({ range }) => !range || range[0] >= before);
}

async function twoTabs(context: BrowserContext, server: HubServer): Promise<void> {
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

/** Of a checkpoint with its optimizer, the bytes of the weights and of the directory are asked for, once. */
async function withOptimizer(context: BrowserContext, server: HubServer): Promise<void> {
  const { file, weightBytes } = nanoGpt;
  const tab = await newPage(context, server);
  const heap = await watchHeap(context, tab);
  server.forget();
  const loaded = await run(tab, server.hub, nanoGptId);
  const { rise } = await heap();
  const requests = server.requests.filter(({ path }) => path === 'ckpt.pt').length;
  const more = server.asked('ckpt.pt') - weightBytes;
  server.forget();
  const again = await run(tab, server.hub, nanoGptId);
  await tab.evaluate((name) => window.weightCheck.weights.deleteCached(name), nanoGptId);
  await tab.close();
  report(
    'nanoGPT with its optimizer',
    // lm_head is wte by another name: the sink has it twice.
    more <= MiB &&
      rise <= 64 * MiB &&
      again.sink.bytes === loaded.sink.bytes &&
      server.asked('ckpt.pt') === 0,
    `${mib(weightBytes)} of weights in a file of ${mib(file.bytes)}: ${(more / 1024).toFixed(0)} KiB more asked for by ${requests} requests in ${seconds(loaded.ms)}, heap ${mib(rise)} above baseline; nothing asked for again`,
  );
}

/** In a fresh browser: one that has used its storage goes on for a while with the space it counted before. */
async function smallQuota(_: BrowserContext, server: HubServer): Promise<void> {
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
async function blockedStorage(_: BrowserContext, server: HubServer): Promise<void> {
  const strict = await launch({ profile: { cookie_controls_mode: 1, block_third_party_cookies: true } });
  try {
    const tab = await newPage(strict.context, server);
    const other = server.folderUrl('app').replace('127.0.0.1', 'localhost');
    await tab.setContent(`<iframe src="${other}index.html"></iframe>`);
    await tab.waitForFunction('frames.length === 1');
    const frame = tab.frames()[1];
    if (!frame) throw new Error('The page has no frame.');
    await frame.waitForFunction('window.weightCheck');
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

export const checks = [
  firstLoad,
  cachedLoad,
  loadRatios,
  twoTabs,
  smallQuota,
  killedTabs,
  withOptimizer,
  blockedStorage,
];
