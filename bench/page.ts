import type { LoadedRuntime } from '../src/engine/index.ts';
import { decodeGreedily } from '../src/runtime/index.ts';
import { type BenchDtype, createBenchRuntime, resolveSource } from './load-model.ts';
import { type Report, reportText } from './report.ts';
import { type BenchOptions, defaultPrompts, runBench } from './run.ts';

/** For outside harnesses: one model at a time, in this thread. */
interface OutsideBench {
  /** Loads the model at a folder's URL; `?dtype=` of the page says in what. */
  load(folderUrl: string): Promise<void>;
  /** Logits after the last of these ids, [V]. */
  prefill(ids: number[]): Promise<Float32Array>;
  /** n greedy tokens, continuing where the last call stopped. */
  decode(n: number): Promise<{ ids: number[] }>;
  run(options: Partial<BenchOptions>): Promise<{ text: string; report: Report }>;
}

declare global {
  interface Window {
    bench: OutsideBench;
  }
}

const query = new URLSearchParams(location.search);
const bundledBase = new URL('models/', document.baseURI).href;
let loaded: LoadedRuntime | undefined;
let context: number[] = [];

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (!found) throw new Error(`The page has no #${id}.`);
  return found;
}

window.bench = {
  async load(folderUrl) {
    loaded?.runtime.dispose();
    const resolved = await resolveSource(folderUrl, bundledBase);
    loaded = await createBenchRuntime(
      resolved,
      (query.get('dtype') ?? 'f32') as BenchDtype,
      query.get('autotune') !== 'no',
    );
    resolved.checkpoint.close();
  },
  async prefill(ids) {
    const { runtime } = requireLoaded();
    await runtime.prefill(0, 0, ids);
    context = [...ids];
    return runtime.logits(0);
  },
  async decode(n) {
    const { runtime } = requireLoaded();
    const ids = await decodeGreedily(runtime, context, n);
    context.push(...ids);
    // Compute the last token now, so that the next call can continue after it.
    const last = context.length - 1;
    if (context.length <= runtime.contextLength) await runtime.prefill(0, last, context.slice(last));
    return { ids };
  },
  run: (options) => start(options),
};

function requireLoaded(): LoadedRuntime {
  if (!loaded) throw new Error('No model is loaded. Call bench.load first.');
  return loaded;
}

async function start(options: Partial<BenchOptions>) {
  const stage = element('stage');
  const report = await runBench({
    sources: ['tiny-tales'],
    dtypes: ['f32'],
    prompts: defaultPrompts,
    batches: [4],
    newTokens: 160,
    repeat: 3,
    autotune: true,
    bundledBase,
    ...options,
    onStage: (text) => {
      stage.textContent = text;
    },
  });
  stage.textContent = 'done';
  const text = reportText(report);
  element('report').textContent = text;
  return { report, text };
}

element('start').addEventListener('click', async () => {
  const button = element('start') as HTMLButtonElement;
  button.disabled = true;
  const source = (element('model') as HTMLInputElement).value || 'tiny-tales';
  const dtypes = (element('dtype') as HTMLSelectElement).value.split(',') as BenchDtype[];
  try {
    await start({ sources: [source], dtypes });
  } catch (error) {
    element('stage').textContent = error instanceof Error ? error.message : String(error);
  } finally {
    button.disabled = false;
  }
});
element('copy').addEventListener('click', () =>
  navigator.clipboard.writeText(element('report').textContent ?? ''),
);
