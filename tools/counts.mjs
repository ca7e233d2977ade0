/** Numbers of a lane: what ran and how it ended. */
export function noCounts() {
  return { passed: 0, failed: 0, skipped: 0 };
}

export function addCounts(total, more) {
  return {
    passed: total.passed + more.passed,
    failed: total.failed + more.failed,
    skipped: total.skipped + more.skipped,
  };
}

/** The last line of `npm test`: `N passed, N failed`, and `, N skipped` when there were any. */
export function summaryLine({ passed, failed, skipped }) {
  const skips = skipped > 0 ? `, ${skipped} skipped` : '';
  return `${passed} passed, ${failed} failed${skips}`;
}

/**
 * Counts of a Vitest JSON report. A file that could not be collected counts as one failure,
 * since Vitest itself counts no test in it; so does a run that failed without naming a test.
 */
export function vitestCounts(report) {
  const broken = (report.testResults ?? []).filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  ).length;
  const counts = {
    passed: report.numPassedTests ?? 0,
    failed: (report.numFailedTests ?? 0) + broken,
    skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
  };
  if (report.success === false && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** Counts of a Playwright JSON report: a test that passed only when repeated counts as failed. */
export function playwrightCounts(report) {
  const { expected = 0, unexpected = 0, flaky = 0, skipped = 0 } = report.stats ?? {};
  const counts = { passed: expected, failed: unexpected + flaky, skipped };
  if ((report.errors ?? []).length > 0 && counts.failed === 0) counts.failed = 1;
  return counts;
}

/** A lane whose command failed, or that ran nothing, has at least one failure. */
export function settle(counts, exitCode) {
  const nothing = counts.passed + counts.failed + counts.skipped === 0;
  if ((exitCode !== 0 || nothing) && counts.failed === 0) return { ...counts, failed: 1 };
  return counts;
}
