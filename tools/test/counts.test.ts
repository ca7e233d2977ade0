import { describe, expect, it } from 'vitest';
import { addCounts, noCounts, playwrightCounts, settle, summaryLine, vitestCounts } from './counts.ts';

describe('counts of npm test', () => {
  it('writes the last line with skips only when there are any', () => {
    expect(summaryLine({ passed: 12, failed: 0, skipped: 0 })).toBe('12 passed, 0 failed');
    expect(summaryLine({ passed: 12, failed: 1, skipped: 3 })).toBe('12 passed, 1 failed, 3 skipped');
  });

  it('adds lanes', () => {
    const lane = { passed: 2, failed: 1, skipped: 1 };
    expect(addCounts(addCounts(noCounts(), lane), lane)).toEqual({ passed: 4, failed: 2, skipped: 2 });
  });

  it('counts a file that could not be collected as a failure', () => {
    const report = {
      success: false,
      numPassedTests: 3,
      numFailedTests: 0,
      testResults: [
        { status: 'passed', assertionResults: [{ status: 'passed' }] },
        { name: 'a.test.ts', status: 'failed', message: 'no such import\nat b', assertionResults: [] },
      ],
    };
    const failures = ['a.test.ts: no such import'];
    expect(vitestCounts(report)).toEqual({ passed: 3, failed: 1, skipped: 0, failures });
  });

  it('counts a failing file with failing tests once per test', () => {
    const failureMessages = ['\u001b[31mexpected 1\u001b[39m to be 2\n  at c'];
    const assertionResults = [
      { status: 'failed', fullName: 'adds numbers', failureMessages },
      { status: 'passed' },
    ];
    const report = {
      success: false,
      numPassedTests: 1,
      numFailedTests: 1,
      numPendingTests: 2,
      testResults: [{ name: 'a.test.ts', status: 'failed', assertionResults }],
    };
    const failures = ['a.test.ts: adds numbers: expected 1 to be 2'];
    expect(vitestCounts(report)).toEqual({ passed: 1, failed: 1, skipped: 2, failures });
  });

  it('counts unhandled errors of an otherwise green run as a failure', () => {
    expect(vitestCounts({ success: false, numPassedTests: 5, testResults: [] }).failed).toBe(1);
  });

  it('counts flaky tests and errors outside of tests as failures', () => {
    expect(playwrightCounts({ stats: { expected: 4, unexpected: 1, flaky: 1, skipped: 2 } })).toEqual({
      passed: 4,
      failed: 2,
      skipped: 2,
    });
    expect(playwrightCounts({ stats: { expected: 4 }, errors: [{}] }).failed).toBe(1);
  });

  it('names what failed, in suites within suites', () => {
    const error = { message: 'Timed out\nwaiting' };
    const spec = {
      title: 'writes',
      file: 'page.spec.ts',
      line: 7,
      ok: false,
      tests: [{ results: [{ error }] }],
    };
    const suites = [{ specs: [{ title: 'reads', ok: true }], suites: [{ specs: [spec] }] }];
    expect(playwrightCounts({ stats: { unexpected: 1 }, suites }).failures).toEqual([
      'page.spec.ts:7: writes: Timed out',
    ]);
  });

  it('lets no command fail, or run nothing, without a failure', () => {
    expect(settle({ passed: 4, failed: 0, skipped: 0 }, 1).failed).toBe(1);
    expect(settle(noCounts(), 0).failed).toBe(1);
    expect(settle({ passed: 4, failed: 0, skipped: 0 }, 0).failed).toBe(0);
    expect(settle({ passed: 4, failed: 2, skipped: 0 }, 1).failed).toBe(2);
  });
});
