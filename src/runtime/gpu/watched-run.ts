import { type Gpu, guarded } from '../../gpu/index.ts';
import { formatBytes, VitrineError } from '../../lib/index.ts';
import { type RunEdit, recordGraph, sitesOf } from '../../model/index.ts';
import { batchRuns, inputsOf, type Joining, scheduleRuns } from '../run-schedule.ts';
import type { RunRequest, RunResult } from '../runtime.ts';
import type { GpuModel } from './gpu-model.ts';
import { lower } from './lowering.ts';
import type { GpuRuntimeOptions } from './options.ts';
import { runRows } from './prefill-tuning.ts';
import { RunProgram } from './run-program.ts';
import { accessOf, withLongHead } from './run-sections.ts';
import type { Lowered, Slot, Step } from './steps.ts';
import { modelFor } from './watched-model.ts';

/**
 * Passes with captured and edited sites. Runs go through side by side, as rows of one pass without a KV cache: every row
 * finds the keys and values of its own run among the rows.
 * @throws VitrineError `invalid-argument` of a site or an edit, `out-of-memory` with the bytes of what does not fit
 */
export async function watchedRuns(
  gpu: Gpu,
  model: GpuModel,
  options: GpuRuntimeOptions,
  { runs, ...what }: RunRequest,
): Promise<RunResult[]> {
  const length = runs[0]?.ids.length ?? 1;
  const size = Math.max(1, Math.floor(runRows(gpu.info, model.config) / length));
  const results: RunResult[] = [];
  for (const batch of batchRuns(runs, [...sitesOf(model.forward).keys()], size)) {
    const request = { runs: batch.map((index) => runs[index] as (typeof runs)[number]), ...what };
    const found = await runBatch(gpu, model, options, request, length);
    for (const [at, index] of batch.entries()) results[index] = found[at] as RunResult;
  }
  return results;
}

async function runBatch(
  gpu: Gpu,
  model: GpuModel,
  options: GpuRuntimeOptions,
  request: RunRequest,
  length: number,
): Promise<RunResult[]> {
  const edits = request.runs.flatMap((run, index) =>
    run.edits.map((edit): RunEdit => ({ ...edit, run: request.runs.length > 1 ? index : undefined })),
  );
  const whole = lower(recordGraph(model.forward, { capture: new Set(request.capture), edits }));
  const pass = request.logits === 'all' || request.capture.length > 0 ? whole : withLongHead(whole);
  checkPatterns(gpu, pass, request.runs.length * length, length);
  const watched = modelFor(gpu, model, pass, length);
  const joining = joiningOf(pass, request);
  let program: RunProgram | undefined;
  try {
    // Assigned inside: what there is no room for is known only after the program stands, and is freed then too.
    const created = await guarded(gpu.device, 'the run', async () => {
      program = await RunProgram.create(
        gpu,
        watched,
        options,
        { runs: request.runs.length, length },
        joining,
      );
      return program;
    });
    return await created.run(request);
  } finally {
    program?.destroy();
    watched.free();
  }
}

/** Where runs begin. What is captured has rows of every run, so then all of them go through whole. */
function joiningOf({ embed, body, head }: Lowered, { runs, capture }: RunRequest): Joining<Slot>[] {
  if (capture.length > 0) return [{ step: 0, runs: runs.map((_, run) => ({ run, from: run })), values: [] }];
  // Rows of a pattern lie head by head.
  const canCopy = ({ layout }: Slot) => layout !== 'pattern';
  return scheduleRuns([...embed, ...body].map(accessOf), inputsOf(head.map(accessOf)), runs, canCopy);
}

/** A pattern is one buffer: [head][row][key]. */
function checkPatterns(gpu: Gpu, pass: Lowered, rows: number, keys: number): void {
  const { maxStorageBufferBindingSize, maxBufferSize } = gpu.device.limits;
  const limit = Math.min(maxStorageBufferBindingSize, maxBufferSize);
  for (const step of [...pass.body, ...pass.head]) {
    const heads = patternHeads(step);
    const bytes = 4 * heads * rows * keys;
    if (bytes <= limit) continue;
    throw new VitrineError(
      'out-of-memory',
      `An attention pattern of ${heads} heads over ${keys} tokens takes ${formatBytes(bytes)}; this device binds up to ${formatBytes(limit)}. Shorten the text.`,
    );
  }
}

function patternHeads(step: Step): number {
  const of = (slot: Slot) => (slot.layout === 'pattern' ? slot.width : 0);
  if (step.kind === 'pattern') return of(step.to);
  return step.kind === 'capture' && step.pattern ? (step.view.shape[0] as number) : 0;
}
