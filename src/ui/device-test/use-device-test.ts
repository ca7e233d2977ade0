import { useCallback, useRef, useState } from 'react';
import { type CaseResult, type DeviceTestReport, runDeviceTest } from '../../device-test/index.ts';

export interface TestState {
  phase: 'idle' | 'running' | 'stopped' | 'done' | 'broken';
  /** Known once the device is open. */
  environment: DeviceTestReport['environment'] | null;
  total: number;
  current: string;
  cases: CaseResult[];
  report: DeviceTestReport | null;
  /** What kept the test itself from running. */
  trouble: string;
}

const idle: TestState = {
  phase: 'idle',
  environment: null,
  total: 0,
  current: '',
  cases: [],
  report: null,
  trouble: '',
};

/** `?only=` in the page's address, any number of times: texts that the names of the checks to run contain. */
export const only = new URLSearchParams(location.search).getAll('only');

/** Runs the device test and keeps what the page shows of it. */
export function useDeviceTest() {
  const [state, setState] = useState(idle);
  const controller = useRef<AbortController>(null);
  const start = useCallback(async () => {
    const own = new AbortController();
    controller.current = own;
    setState({ ...idle, phase: 'running' });
    const update = (part: (old: TestState) => Partial<TestState>) =>
      setState((old) => ({ ...old, ...part(old) }));
    try {
      const report = await runDeviceTest({
        signal: own.signal,
        ...(only.length > 0 && { only }),
        onPlan: ({ total, environment }) => update(() => ({ total, environment })),
        onBegin: ({ operation }) => update(() => ({ current: operation })),
        onResult: (result) => update(({ cases }) => ({ cases: [...cases, result] })),
      });
      update(() => ({ phase: 'done', report, current: '' }));
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      update(() => (own.signal.aborted ? { phase: 'stopped' } : { phase: 'broken', trouble }));
    }
  }, []);
  const stop = useCallback(() => controller.current?.abort(), []);
  return { state, start, stop };
}
