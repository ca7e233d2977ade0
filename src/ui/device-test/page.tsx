import { adapterName, countCases, type DeviceTestReport, reportMarkdown } from '../../device-test/index.ts';
import { CopyButton } from '../components/copy-button.tsx';
import { FactList } from '../components/fact-list.tsx';
import { ThemeButton } from '../components/theme-button.tsx';
import { saveFile } from '../lib/download.ts';
import { Results } from './results.tsx';
import { only, type TestState, useDeviceTest } from './use-device-test.ts';

function Environment({ environment }: { environment: DeviceTestReport['environment'] }) {
  const { adapter, webgpu, browser } = environment;
  const facts: [string, string][] = [
    ['Adapter', adapter ? adapterName(environment) : 'none'],
    ['Features', adapter?.features.join(', ') || 'none beyond the core'],
    ['Browser', browser],
  ];
  return (
    <section aria-labelledby="device-title">
      <h2 id="device-title">Device</h2>
      {webgpu && (
        <p className="banner" role="status">
          WebGPU is not available: {webgpu} Only the CPU engine is tested.
        </p>
      )}
      <FactList facts={facts} />
    </section>
  );
}

function verdict({ phase, cases, trouble }: TestState): string {
  const { passed, failed, skipped } = countCases(cases);
  const counts = `${passed} passed, ${failed} failed, ${skipped} not supported`;
  switch (phase) {
    case 'idle':
      return '';
    case 'running':
      return 'Testing';
    case 'stopped':
      return `Stopped: ${counts}`;
    case 'broken':
      return `The test could not run: ${trouble}`;
    case 'done':
      return failed > 0 ? `Failed: ${counts}` : `Passed: ${counts}`;
  }
}

function Progress({ state }: { state: TestState }) {
  const { phase, cases, total, current } = state;
  const failed = phase === 'broken' || cases.some(({ status }) => status === 'failed');
  return (
    <div className="progress">
      <p role="status" className="verdict-line" data-testid="verdict" data-phase={phase} data-failed={failed}>
        {verdict(state)}
      </p>
      {phase === 'running' && (
        <>
          <progress max={total || 1} value={cases.length} aria-label="Checks done" />
          <p className="muted">
            {cases.length} of {total} checks{current && `: ${current}`}
          </p>
        </>
      )}
    </div>
  );
}

function save(report: DeviceTestReport): void {
  const blob = new Blob([JSON.stringify(report, null, 2)], { type: 'application/json' });
  saveFile(blob, `vitrine-device-test-${report.started.slice(0, 10)}.json`);
}

function Header() {
  return (
    <header className="header">
      <a className="wordmark" href="./index.html">
        Vitrine
      </a>
      <nav className="header-tools" aria-label="Appearance">
        <ThemeButton />
      </nav>
    </header>
  );
}

/** The page "Test this device". */
export function DeviceTestPage() {
  const { state, start, stop } = useDeviceTest();
  const { phase, environment, cases, report } = state;
  const running = phase === 'running';
  return (
    <>
      <Header />
      <main className="test-page">
        <h1>Test this device</h1>
        <p>
          Runs every GPU program of Vitrine, in each variant that this device could use, and compares the
          results with a plain implementation. Then the bundled model runs with its weights in four formats
          and its logits are compared with stored ones. Nothing leaves this device; a GPU needs about a
          minute, a software adapter several.
        </p>
        {only.length > 0 && <p className="muted">Only checks named: {only.join(', ')}</p>}
        <div className="row">
          <button type="button" className="primary turn" onClick={running ? stop : () => void start()}>
            {running ? 'Stop' : phase === 'idle' ? 'Start the test' : 'Test again'}
          </button>
          {report && (
            <>
              <CopyButton name="Copy report" text={() => reportMarkdown(report)} />
              <button type="button" onClick={() => save(report)}>
                Download JSON
              </button>
            </>
          )}
        </div>
        <Progress state={state} />
        {environment && <Environment environment={environment} />}
        {cases.length > 0 && <Results cases={cases} />}
      </main>
    </>
  );
}
