import { useState } from 'react';
import { byOperation, type CaseResult, countCases, usedTolerance } from '../../device-test/index.ts';

const statusWords = { passed: 'passed', failed: 'failed', unsupported: 'not supported' } as const;

function number(value: number | null): string {
  if (value === null) return '–';
  return value === 0 ? '0' : value.toExponential(1);
}

function time(milliseconds: number): string {
  return milliseconds < 1000 ? `${milliseconds.toFixed(0)} ms` : `${(milliseconds / 1000).toFixed(1)} s`;
}

function Row({ result }: { result: CaseResult }) {
  const { name, status, error, tolerance, milliseconds, reason } = result;
  return (
    <tr data-status={status}>
      <th scope="row">
        {name}
        {reason && <pre className="reason">{reason}</pre>}
      </th>
      <td data-label="Result">
        <span className="verdict" data-status={status}>
          {statusWords[status]}
        </span>
      </td>
      <td data-label="Error" className="figure-number">
        {number(error)}
      </td>
      <td data-label="Allowed" className="figure-number">
        {number(tolerance)}
      </td>
      <td data-label="Time" className="figure-number">
        {time(milliseconds)}
      </td>
    </tr>
  );
}

function summaryText(cases: readonly CaseResult[]): string {
  const { passed, failed, skipped } = countCases(cases);
  const parts = [`${passed} passed`];
  if (failed > 0) parts.push(`${failed} failed`);
  if (skipped > 0) parts.push(`${skipped} not supported`);
  return parts.join(', ');
}

function CaseTable({ cases }: { cases: CaseResult[] }) {
  return (
    <table className="case-table">
      <thead>
        <tr>
          <th scope="col">Check</th>
          <th scope="col">Result</th>
          <th scope="col">Largest error</th>
          <th scope="col">Allowed</th>
          <th scope="col">Time</th>
        </tr>
      </thead>
      <tbody>
        {cases.map((result) => (
          <Row key={result.name} result={result} />
        ))}
      </tbody>
    </table>
  );
}

function Operation({ name, cases }: { name: string; cases: CaseResult[] }) {
  const failed = cases.some(({ status }) => status === 'failed');
  const [toggled, setToggled] = useState<boolean>();
  // Operations with a failure open by themselves, until the visitor decides.
  const open = toggled ?? failed;
  const used = usedTolerance(cases);
  return (
    <details className="operation" data-failed={failed} open={open}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: a summary is a control; React does not follow `toggle` */}
      <summary
        onClick={(event) => {
          event.preventDefault();
          setToggled(!open);
        }}
      >
        <span className="operation-name">{name}</span>
        <span className="operation-counts">{summaryText(cases)}</span>
        <span className="muted operation-used">
          {used === undefined ? '' : `largest error ${(used * 100).toFixed(0)} % of what is allowed`}
        </span>
      </summary>
      {open && <CaseTable cases={cases} />}
    </details>
  );
}

/** Every result so far, an operation a section. */
export function Results({ cases }: { cases: readonly CaseResult[] }) {
  return (
    <section aria-labelledby="results-title" className="results">
      <h2 id="results-title">Results</h2>
      {byOperation(cases).map(([name, group]) => (
        <Operation key={name} name={name} cases={group} />
      ))}
    </section>
  );
}
