export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}
export function noCounts(): Counts;
export function addCounts(total: Counts, more: Counts): Counts;
export function summaryLine(counts: Counts): string;
export function vitestCounts(report: unknown): Counts;
export function playwrightCounts(report: unknown): Counts;
export function settle(counts: Counts, exitCode: number): Counts;
