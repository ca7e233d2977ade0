import { type SelfCheckReport, selfCheckHere, type WeightDtype } from '../engine/index.ts';
import type { CaseResult } from './report.ts';

/** A check of the whole bundled model against stored logits and tokens. */
export interface ModelCheck {
  operation: string;
  name: string;
  dtype: WeightDtype;
  backend: 'gpu' | 'cpu';
}

const allDtypes: readonly WeightDtype[] = ['f32', 'f16', 'int8', 'int4'];
/** The plainest weights and those that take the most code. */
const fewDtypes: readonly WeightDtype[] = ['f32', 'int4'];

/** The CPU engine computes in f32, whatever the dtype. */
export function modelChecks({ gpu, brief }: { gpu: boolean; brief: boolean }): ModelCheck[] {
  const operation = 'whole model';
  const dtypes = brief ? fewDtypes : allDtypes;
  const onGpu = dtypes.map((dtype) => ({
    operation,
    name: `tiny-tales, weights in ${dtype}`,
    dtype,
    backend: 'gpu' as const,
  }));
  const onCpu = { operation, name: 'tiny-tales on the CPU engine', dtype: 'f32', backend: 'cpu' } as const;
  return [...(gpu ? onGpu : []), onCpu];
}

/**
 * @param options `device`: the one to use on the GPU, which the checks share so that it compiles common kernels once
 * @throws VitrineError of the load
 */
export async function runModelCheck(
  { dtype, backend }: ModelCheck,
  options: { bundledBase: string; signal?: AbortSignal; device?: GPUDevice },
): Promise<Pick<CaseResult, 'status' | 'error' | 'tolerance' | 'reason'>> {
  const report = await selfCheckHere({ dtype, backend, ...options });
  return {
    status: report.passed ? 'passed' : 'failed',
    error: report.maxAbsError,
    tolerance: report.tolerance,
    reason: report.passed ? '' : failure(report),
  };
}

function failure({ prompts, tolerance, tokensMatched, tokensTotal }: SelfCheckReport): string {
  const off = prompts
    .filter(({ maxAbsError }) => !(maxAbsError <= tolerance))
    .map(
      ({ name, maxAbsError }) => `prompt "${name}": a logit is off by ${maxAbsError}, allowed ${tolerance}`,
    );
  const tokens =
    tokensMatched < tokensTotal ? [`${tokensMatched} of ${tokensTotal} greedy tokens match`] : [];
  return [...off, ...tokens].join('\n');
}
