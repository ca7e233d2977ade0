import { useEffect, useId, useState } from 'react';
import type { MemoryPlan, ModelSource, WeightDtype } from '../../engine/index.ts';
import { formatBytes } from '../../lib/index.ts';
import { usePage } from '../hooks.tsx';
import { messages } from '../messages/index.ts';
import { toPageError } from '../state/error-messages.ts';

const words = messages.plan;

function usePlan(source: ModelSource): { plan: MemoryPlan | null; problem: string | null } {
  const page = usePage();
  const [plan, setPlan] = useState<MemoryPlan | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    const control = new AbortController();
    setPlan(null);
    setProblem(null);
    page.actions.plan(source, control.signal).then(
      (made) => {
        if (!control.signal.aborted) setPlan(made);
      },
      (error) => {
        if (!control.signal.aborted) setProblem(toPageError(error, 'load')?.message ?? null);
      },
    );
    return () => control.abort();
  }, [page, source]);
  return { plan, problem };
}

interface RowProps {
  row: MemoryPlan['dtypes'][number];
  recommended: boolean;
  chosen: boolean;
  name: string;
  onChoose(): void;
}

function Row({ row, recommended, chosen, name, onChoose }: RowProps) {
  return (
    <tr>
      <th scope="row">
        <label className="check">
          <input type="radio" {...{ name }} checked={chosen} onChange={onChoose} disabled={!row.fits} />
          {row.dtype}
        </label>
      </th>
      <td className="choice-number">{formatBytes(row.weightBytes)}</td>
      <td className="choice-number">{formatBytes(row.kvBytes)}</td>
      <td>
        {row.fits ? words.fits : (row.why ?? words.doesNotFit)}
        {recommended ? words.recommended : ''}
      </td>
    </tr>
  );
}

function Head() {
  return (
    <thead>
      <tr>
        <th scope="col">{words.weightsAs}</th>
        <th scope="col" className="choice-number">
          {words.weights}
        </th>
        <th scope="col" className="choice-number">
          {words.context}
        </th>
        <th scope="col">{words.here}</th>
      </tr>
    </thead>
  );
}

interface MemoryPlanProps {
  source: ModelSource;
  dtype: WeightDtype | null;
  onDtype(dtype: WeightDtype): void;
}

/** What a model would need on this device, by weight type, before a byte of its weights is fetched. */
export function MemoryPlanView({ source, dtype, onDtype }: MemoryPlanProps) {
  const { plan, problem } = usePlan(source);
  const name = useId();
  if (problem)
    return (
      <p className="plan" role="alert">
        {problem}
      </p>
    );
  if (!plan) return <p className="plan muted">{words.reading}</p>;
  const chosen = dtype ?? plan.recommended;
  return (
    <div className="plan" data-testid="plan">
      <table className="plan-table">
        <caption className="visually-hidden">{words.caption}</caption>
        <Head />
        <tbody>
          {plan.dtypes.map((row) => (
            <Row
              key={row.dtype}
              {...{ row, name }}
              recommended={row.dtype === plan.recommended}
              chosen={row.dtype === chosen}
              onChoose={() => onDtype(row.dtype)}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}
