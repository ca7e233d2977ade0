import { stripVTControlCharacters } from 'node:util';

/** Numbers of a lane: what ran and how it ended. */
export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
  /** What failed, a line each, where the report names it. */
  failures?: readonly string[];
}

/** What is read of the JSON report of `vitest --reporter=json`. */
export interface VitestReport {
  success?: boolean;
  numPassedTests?: number;
  numFailedTests?: number;
  numPendingTests?: number;
  numTodoTests?: number;
  testResults?: {
    name?: string;
    status: string;
    message?: string;
    assertionResults: { status: string; fullName?: string; failureMessages?: string[] }[];
  }[];
}

interface PlaywrightSuite {
  title?: string;
  suites?: PlaywrightSuite[];
  specs?: {
    title: string;
    file?: string;
    line?: number;
    ok: boolean;
    tests?: { results?: { error?: { message?: string } }[] }[];
  }[];
}

/** What is read of the JSON report of Playwright. */
export interface PlaywrightReport {
  stats?: { expected?: number; unexpected?: number; flaky?: number; skipped?: number };
  errors?: unknown[];
  suites?: PlaywrightSuite[];
}

export function noCounts(): Counts {
  return { passed: 0, failed: 0, skipped: 0 };
}

export function addCounts(total: Counts, more: Counts): Counts {
  return {
    passed: total.passed + more.passed,
    failed: total.failed + more.failed,
    skipped: total.skipped + more.skipped,
  };
}

/** One line: where, which test, and the first line of its error without colours. */
function failureLine(file: string, title: string, message = ''): string {
  const reason = stripVTControlCharacters(message)
    .split('\n')
    .find((line) => line.trim() !== '');
  return [file, title, reason?.trim()].filter(Boolean).join(': ');
}

function withFailures(counts: Counts, failures: string[]): Counts {
  return failures.length > 0 ? { ...counts, failures } : counts;
}

function vitestFailures({ testResults = [] }: VitestReport): string[] {
  return testResults.flatMap(({ name = '', status, message, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    if (failed.length === 0) return status === 'failed' ? [failureLine(name, '', message)] : [];
    return failed.map(({ fullName = '', failureMessages }) =>
      failureLine(name, fullName, failureMessages?.[0]),
    );
  });
}

function playwrightFailures({ suites = [], specs = [] }: PlaywrightSuite): string[] {
  const own = specs
    .filter(({ ok }) => !ok)
    .map(({ title, file, line, tests }) => {
      const results = tests?.flatMap(({ results = [] }) => results) ?? [];
      return failureLine(`${file}:${line}`, title, results.find(({ error }) => error)?.error?.message);
    });
  return [...own, ...suites.flatMap(playwrightFailures)];
}

/** The last line of `npm test`: `N passed, N failed`, and `, N skipped` when there were any. */
export function summaryLine({ passed, failed, skipped }: Counts): string {
  const skips = skipped > 0 ? `, ${skipped} skipped` : '';
  return `${passed} passed, ${failed} failed${skips}`;
}

/**
 * Counts of a Vitest JSON report. A file that could not be collected counts as one failure,
 * since Vitest itself counts no test in it; so does a run that failed without naming a test.
 */
export function vitestCounts(report: VitestReport): Counts {
  const broken = (report.testResults ?? []).filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  ).length;
  const counts = {
    passed: report.numPassedTests ?? 0,
    failed: (report.numFailedTests ?? 0) + broken,
    skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
  };
  if (report.success === false && counts.failed === 0) counts.failed = 1;
  return withFailures(counts, vitestFailures(report));
}

/** Counts of a Playwright JSON report: a test that passed only when repeated counts as failed. */
export function playwrightCounts(report: PlaywrightReport): Counts {
  const { expected = 0, unexpected = 0, flaky = 0, skipped = 0 } = report.stats ?? {};
  const counts = { passed: expected, failed: unexpected + flaky, skipped };
  if ((report.errors ?? []).length > 0 && counts.failed === 0) counts.failed = 1;
  return withFailures(counts, playwrightFailures(report));
}

/** A lane whose command failed, or that ran nothing, has at least one failure. */
export function settle(counts: Counts, exitCode: number): Counts {
  const nothing = counts.passed + counts.failed + counts.skipped === 0;
  if ((exitCode !== 0 || nothing) && counts.failed === 0) return { ...counts, failed: 1 };
  return counts;
}
