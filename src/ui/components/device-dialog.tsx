import { useState } from 'react';
import type { AdapterSummary, ModelStats } from '../../engine/index.ts';
import { formatBytes, formatRate } from '../../lib/index.ts';
import { useActions, usePage, usePageState } from '../hooks.tsx';
import { diagnostics } from '../lib/diagnostics.ts';
import { messages } from '../messages/index.ts';
import { BrowserAdvice } from './browser-advice.tsx';
import { CopyButton } from './copy-button.tsx';
import { Dialog } from './dialog.tsx';
import { FactList } from './fact-list.tsx';
import { SpeedPlot } from './speed-plot.tsx';

const words = messages.device;

function runsOn(adapter: AdapterSummary): string {
  if (adapter.backend !== 'webgpu') return words.cpu;
  return adapter.software ? words.softwareGpu : words.gpu;
}

function adapterFacts(adapter: AdapterSummary): [string, string][] {
  return [
    [words.runsOn, runsOn(adapter)],
    [words.vendor, adapter.vendor || words.unknown],
    [words.architecture, adapter.architecture || words.unknown],
    [words.device, adapter.description || adapter.device || words.unknown],
    [words.features, adapter.features.length > 0 ? adapter.features.join(', ') : words.noFeatures],
  ];
}

function limitValue(name: string, value: number): string {
  return /Size|Bytes/.test(name) && value >= 4096 ? formatBytes(value) : value.toLocaleString('en');
}

function Adapter({ adapter }: { adapter: AdapterSummary }) {
  const limits = Object.entries(adapter.limits);
  return (
    <section aria-labelledby="adapter-title">
      <h3 id="adapter-title">{words.adapter}</h3>
      {adapter.backend === 'webgpu' && adapter.software && <p className="aside-note">{words.software}</p>}
      <FactList facts={adapterFacts(adapter)} />
      {limits.length > 0 && (
        <details>
          <summary>{words.limits(limits.length)}</summary>
          <FactList facts={limits.map(([name, value]) => [name, limitValue(name, value)])} />
        </details>
      )}
    </section>
  );
}

function gpuFacts(stats: ModelStats | null): [string, string][] {
  return [
    [words.memory, stats ? formatBytes(stats.gpuBytes) : '–'],
    [words.dispatches, stats ? stats.dispatchesPerToken.toFixed(1) : '–'],
    [words.submits, stats ? stats.submitsPerToken.toFixed(2) : '–'],
  ];
}

function Speed() {
  const run = usePageState((state) => state.run);
  const gpu = usePageState((state) => state.model?.adapter?.backend === 'webgpu');
  if (!run) return <p className="muted">{words.nothing}</p>;
  const { stats } = run;
  return (
    <>
      <SpeedPlot samples={run.samples} />
      <FactList
        facts={[
          [words.decode, words.rate(formatRate(run.tokensPerSecond))],
          [words.prefill, words.rate(formatRate(stats?.prefillTokensPerSecond ?? 0))],
          [
            words.firstToken,
            run.firstTokenMs === null ? '–' : words.milliseconds(run.firstTokenMs.toFixed(0)),
          ],
          [words.tokens, String(run.tokens)],
          ...(gpu ? gpuFacts(stats) : []),
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
      <h3 id="check-title">{words.check}</h3>
      <p className="muted">{words.checkExplain}</p>
      <div className="row">
        <button type="button" disabled={running || busy} onClick={() => void actions.check()}>
          {running ? words.checking : words.checkNow}
        </button>
        <p role="status" data-testid="self-check">
          {report &&
            (report.passed ? words.passed : words.failed) +
              words.checkResult(
                report.maxAbsError.toExponential(1),
                report.tolerance,
                report.tokensMatched,
                report.tokensTotal,
              )}
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
    <Dialog title={words.title}>
      {model?.adapter ? (
        <Adapter adapter={model.adapter} />
      ) : (
        <p className="muted">{model?.server ? words.onServer(model.server.server) : words.unknownAdapter}</p>
      )}
      {fallback && (
        <section aria-labelledby="fallback-title">
          <h3 id="fallback-title">{messages.fallback.title}</h3>
          <p className="code-message">{fallback.message}</p>
          {fallback.code === 'webgpu-unavailable' && <BrowserAdvice />}
        </section>
      )}
      <section aria-labelledby="speed-title">
        <h3 id="speed-title">{words.speed}</h3>
        <Speed />
      </section>
      <SelfCheck />
      <section aria-labelledby="diagnostics-title">
        <h3 id="diagnostics-title">{words.diagnostics}</h3>
        <p className="muted">{words.diagnosticsExplain}</p>
        <div className="row">
          <CopyButton text={report} name={words.copy} />
          <button type="button" className="quiet" aria-expanded={shown} onClick={() => setShown(!shown)}>
            {words.show}
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
