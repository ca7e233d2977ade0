import type { Gpu } from '../../gpu/index.ts';
import type { Access, Joining } from '../run-schedule.ts';
import { type Compiled, compilePlan } from './dispatch-plan.ts';
import type { GpuModel } from './gpu-model.ts';
import { type PrefillBuffers, type PrefillShape, planPrefill, watchedRows } from './prefill-kernels.ts';
import type { Lowered, Slot, Step, StepOf } from './steps.ts';
import { pattern } from './watched-kernels.ts';

/** Dispatches, the runs that begin before them, and what is captured after them. */
export interface Section {
  joining: Joining<Slot> | undefined;
  plan: readonly Compiled[];
  capture: StepOf<'capture'> | undefined;
}

/** The slots that a step reads and overwrites, and whose run it changes. */
export function accessOf(step: Step): Access<Slot> {
  switch (step.kind) {
    case 'embed':
      return { reads: [], writes: [step.to] };
    case 'linear': {
      const { as, to } = step.output;
      return as === 'add' ? { reads: [step.from, to], writes: [] } : { reads: [step.from], writes: [to] };
    }
    case 'edit':
      return { reads: [step.view.slot], writes: [], run: step.edit.run };
    case 'capture':
      return { reads: [step.view.slot], writes: [] };
    case 'activate':
      return { reads: [step.at], writes: [] };
    case 'add':
      return { reads: [step.from, step.to], writes: [] };
    case 'weightedSum':
      return { reads: [step.pattern, step.from], writes: [step.to] };
    default:
      return { reads: [step.from], writes: [step.to] };
  }
}

/**
 * The same pass with a head that begins after the last step in which positions meet. Where only the last position is
 * asked for, the others need not go further than that.
 */
export function withLongHead(pass: Lowered): Lowered {
  const last = pass.body.findLastIndex(({ kind }) => kind === 'attention' || kind === 'weightedSum');
  return { ...pass, body: pass.body.slice(0, last + 1), head: [...pass.body.slice(last + 1), ...pass.head] };
}

/** A pattern that is computed from q and k where it is captured. */
export function isComputed({ pattern: of, view }: StepOf<'capture'>): boolean {
  return of && view.slot.layout !== 'pattern';
}

/** Compiles steps, cut where a value is captured and where runs begin. */
export function compileSections(
  gpu: Gpu,
  model: GpuModel,
  steps: readonly Step[],
  buffers: Omit<PrefillBuffers, 'ids'> & { ids?: GPUBuffer },
  shape: PrefillShape,
  patterns: GPUBuffer | undefined,
  joining: readonly Joining<Slot>[] = [],
): Promise<Section[]> {
  return Promise.all(
    cut(steps, joining).map(async ({ steps: own, joining, capture }) => {
      const planned = planPrefill(own, model, buffers, shape);
      if (capture && patterns && isComputed(capture)) {
        const from = capture.view.slot;
        const layer = Number(capture.site.split('.')[1]);
        const spec = { layer, heads: shape.attention.heads, scale: 0 };
        planned.push(...pattern({ spec, from }, model, watchedRows(buffers, shape), patterns));
      }
      return { joining, plan: await compilePlan(gpu, planned), capture };
    }),
  );
}

type Uncompiled = Omit<Section, 'plan'> & { steps: Step[] };

function cut(steps: readonly Step[], joining: readonly Joining<Slot>[]): Uncompiled[] {
  const sections: Uncompiled[] = [];
  let open: Uncompiled = { steps: [], joining: undefined, capture: undefined };
  const close = (next?: Joining<Slot>) => {
    sections.push(open);
    open = { steps: [], joining: next, capture: undefined };
  };
  for (let index = 0; index <= steps.length; index++) {
    const begins = joining.find(({ step }) => step === index);
    if (begins) close(begins);
    const step = steps[index];
    if (step?.kind === 'capture') {
      open.capture = step;
      close();
    } else if (step) open.steps.push(step);
  }
  close();
  return sections;
}
