import { useState } from 'react';
import type { AdapterSummary } from '../../engine/index.ts';
import { formatBytes, formatRate } from '../../lib/index.ts';
import { useActions, usePage, usePageState } from '../hooks.tsx';
import { diagnostics } from '../lib/diagnostics.ts';
import { BrowserAdvice } from './browser-advice.tsx';
import { CopyButton } from './copy-button.tsx';
import { Dialog } from './dialog.tsx';
import { SpeedPlot } from './speed-plot.tsx';

function Facts({ facts }: { facts: readonly (readonly [string, string])[] }) {
  return (
    <dl className="fact-list">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function adapterFacts(adapter: AdapterSummary): [string, string][] {
  return [
    ['Runs on', adapter.backend === 'webgpu' ? 'GPU, through WebGPU' : 'CPU, without WebGPU'],
    ['Vendor', adapter.vendor || 'not told'],
    ['Architecture', adapter.architecture || 'not told'],
    ['Device', adapter.description || adapter.device || 'not told'],
    ['Features', adapter.features.length > 0 ? adapter.features.join(', ') : 'none beyond the core'],
  ];
}

function limitValue(name: string, value: number): string {
  return /Size|Bytes/.test(name) && value >= 4096 ? formatBytes(value) : value.toLocaleString('en');
}

function Adapter({ adapter }: { adapter: AdapterSummary }) {
  const limits = Object.entries(adapter.limits);
  return (
    <section aria-labelledby="adapter-title">
      <h3 id="adapter-title">Adapter</h3>
      {adapter.software && (
        <p className="aside-note">
          This is a software adapter: the arithmetic is right, but it runs on the CPU and is slow. On a
          machine with a GPU, update the browser and the graphics driver, and look at chrome://gpu for what is
          blocked.
        </p>
      )}
      <Facts facts={adapterFacts(adapter)} />
      {limits.length > 0 && (
        <details>
          <summary>{limits.length} limits</summary>
          <Facts facts={limits.map(([name, value]) => [name, limitValue(name, value)])} />
        </details>
      )}
    </section>
  );
}

function Speed() {
  const run = usePageState((state) => state.run);
  if (!run) return <p className="muted">Nothing has been written yet.</p>;
  const { stats } = run;
  return (
    <>
      <SpeedPlot samples={run.samples} />
      <Facts
        facts={[
          ['Writing (decode)', `${formatRate(stats?.decodeTokensPerSecond ?? run.tokensPerSecond)} tokens/s`],
          ['Reading (prefill)', `${formatRate(stats?.prefillTokensPerSecond ?? 0)} tokens/s`],
          ['First token after', run.firstTokenMs === null ? '–' : `${run.firstTokenMs.toFixed(0)} ms`],
          ['Tokens in this run', String(run.tokens)],
          ['GPU memory', stats ? formatBytes(stats.gpuBytes) : '–'],
          ['Dispatches per token', stats ? stats.dispatchesPerToken.toFixed(1) : '–'],
          ['Submits per token', stats ? stats.submitsPerToken.toFixed(2) : '–'],
        ]}
      />
    </>
  );
}

function SelfCheck() {
  const actions = useActions();
  const { running, report } = usePageState((state) => state.selfCheck);
  const busy = usePageState((state) => state.phase === 'generating');
  return (
    <section aria-labelledby="check-title">
      <h3 id="check-title">Does this device calculate right?</h3>
      <p className="muted">
        Runs fixed prompts through the bundled model and compares every logit with stored reference values.
      </p>
      <div className="row">
        <button type="button" disabled={running || busy} onClick={() => void actions.check()}>
          {running ? 'Checking …' : 'Check now'}
        </button>
        <p role="status" data-testid="self-check">
          {report &&
            `${report.passed ? 'Passed' : 'Failed'}: largest error ${report.maxAbsError.toExponential(1)} of ${report.tolerance} allowed, ${report.tokensMatched} of ${report.tokensTotal} tokens alike.`}
        </p>
      </div>
      <p>
        <a href="./device.html">Test this device</a>: every kernel against its reference, with a report.
      </p>
    </section>
  );
}

export function DeviceDialog() {
  const page = usePage();
  const model = usePageState((state) => state.model);
  const fallback = usePageState((state) => state.fallback);
  const [shown, setShown] = useState(false);
  const report = () => diagnostics(page.store.getState(), navigator.userAgent);
  return (
    <Dialog title="Device">
      {model ? (
        <Adapter adapter={model.adapter} />
      ) : (
        <p className="muted">The adapter is known once a model is loaded.</p>
      )}
      {fallback && (
        <section aria-labelledby="fallback-title">
          <h3 id="fallback-title">Why not on the GPU?</h3>
          <p className="code-message">{fallback.message}</p>
          {fallback.code === 'webgpu-unavailable' && <BrowserAdvice />}
        </section>
      )}
      <section aria-labelledby="speed-title">
        <h3 id="speed-title">Speed and memory</h3>
        <Speed />
      </section>
      <SelfCheck />
      <section aria-labelledby="diagnostics-title">
        <h3 id="diagnostics-title">Diagnostics</h3>
        <p className="muted">For a report of trouble. No word of your text is in it.</p>
        <div className="row">
          <CopyButton text={report} name="Copy diagnostics" />
          <button type="button" className="quiet" aria-expanded={shown} onClick={() => setShown(!shown)}>
            Show
          </button>
        </div>
        {shown && (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
          <pre className="code" tabIndex={0} data-testid="diagnostics">
            {report()}
          </pre>
        )}
      </section>
    </Dialog>
  );
}
