import type { AdapterSummary } from '../engine/index.ts';

export type CaseStatus = 'passed' | 'failed' | 'unsupported';

/** What became of one check. */
export interface CaseResult {
  operation: string;
  name: string;
  status: CaseStatus;
  /** The difference that used up most of its tolerance, and that tolerance; null where nothing was computed. */
  error: number | null;
  tolerance: number | null;
  milliseconds: number;
  /** Why it failed or is not supported; empty when it passed. */
  reason: string;
}

/** Where a test ran. */
export interface TestEnvironment {
  /** As the browser names itself. */
  browser: string;
  /** Undefined where WebGPU is not usable; `webgpu` says why. */
  adapter: AdapterSummary | undefined;
  /** Empty when WebGPU works. */
  webgpu: string;
}

export interface DeviceTestReport {
  passed: number;
  failed: number;
  /** Checks that this device cannot run. */
  skipped: number;
  cases: CaseResult[];
  environment: TestEnvironment;
  /** ISO 8601. */
  started: string;
  milliseconds: number;
}

export function countCases(
  cases: readonly CaseResult[],
): Pick<DeviceTestReport, 'passed' | 'failed' | 'skipped'> {
  const count = (status: CaseStatus) => cases.filter((each) => each.status === status).length;
  return { passed: count('passed'), failed: count('failed'), skipped: count('unsupported') };
}

/** The results of each operation, in order of appearance. */
export function byOperation(cases: readonly CaseResult[]): [operation: string, cases: CaseResult[]][] {
  const groups = new Map<string, CaseResult[]>();
  for (const each of cases) {
    const group = groups.get(each.operation);
    if (group) group.push(each);
    else groups.set(each.operation, [each]);
  }
  return [...groups];
}

/** The largest share of its tolerance that a passed check used up, 0 to 1; undefined when no check has a tolerance. */
export function usedTolerance(cases: readonly CaseResult[]): number | undefined {
  const shares = cases.flatMap(({ status, error, tolerance }) =>
    status === 'passed' && error !== null && tolerance ? [error / tolerance] : [],
  );
  return shares.length > 0 ? Math.max(...shares) : undefined;
}

export function adapterName({ adapter, webgpu }: TestEnvironment): string {
  if (!adapter) return `none: ${webgpu}`;
  const { vendor, architecture, device, description, software } = adapter;
  const words = [vendor, architecture, device, description].filter(Boolean);
  return `${words.join(' ') || 'not named by the browser'}${software ? ' (software)' : ''}`;
}

/** The report as Markdown: where it ran, a line an operation, and every check that did not pass. */
export function reportMarkdown(report: DeviceTestReport): string {
  const { environment, passed, failed, skipped, cases } = report;
  const head = [
    '# Vitrine device test',
    '',
    `- Result: ${passed} passed, ${failed} failed, ${skipped} not supported`,
    `- Adapter: ${adapterName(environment)}`,
    `- Features: ${environment.adapter?.features.join(', ') || 'none beyond the core'}`,
    `- Browser: ${environment.browser}`,
    `- Date: ${report.started}, ${(report.milliseconds / 1000).toFixed(1)} s`,
  ];
  const table = byOperation(cases).map(([operation, group]) => {
    const counts = countCases(group);
    const used = usedTolerance(group);
    const share = used === undefined ? '–' : `${(used * 100).toFixed(0)} %`;
    const seconds = group.reduce((sum, { milliseconds }) => sum + milliseconds, 0) / 1000;
    const cells = [operation, counts.passed, counts.failed, counts.skipped, share, `${seconds.toFixed(1)} s`];
    return `| ${cells.join(' | ')} |`;
  });
  const rest = cases.filter(({ status }) => status !== 'passed');
  return [
    ...head,
    '',
    '| operation | passed | failed | not supported | largest error, of its tolerance | time |',
    '| --- | --: | --: | --: | --: | --: |',
    ...table,
    ...rest.flatMap(({ operation, name, status, reason }) => [
      '',
      `**${status}: ${operation}, ${name}**`,
      '',
      ...reason.split('\n').map((line) => `    ${line}`),
    ]),
    '',
  ].join('\n');
}
