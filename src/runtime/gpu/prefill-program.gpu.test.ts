import { describe, expect, test } from 'vitest';
import { readFloats, withGpu } from '../../../test/support/gpu.ts';
import { type RandomModelOptions, randomModel, tinyConfig } from '../../../test/support/model.ts';
import { expectClose, randomIds } from '../../../test/support/numbers.ts';
import type { Gpu } from '../../gpu/index.ts';
import type { GPT2Config } from '../../model/index.ts';
import { entropyOf, likeliest, logSumExp, rankOf } from '../../shaders/reference/index.ts';
import { Inspector } from './inspector.ts';
import type { GpuRuntimeOptions } from './options.ts';
import { PrefillProgram } from './prefill-program.ts';
import { destroyModel } from './weights.ts';

const choose = () => ({ lanes: 1, rows: 1, workgroup: 64, reduction: 'none' }) as const;

interface Setup extends RandomModelOptions {
  config?: Partial<GPT2Config>;
}

type PrefillSetup = ReturnType<typeof randomModel> & {
  program: PrefillProgram;
  options: GpuRuntimeOptions;
  config: GPT2Config;
  gpu: Gpu;
};

/** Puts a random model and its prefill on a device, and checks that nothing is left behind. */
function withPrefill(setup: Setup, work: (setup: PrefillSetup) => Promise<void>): Promise<void> {
  return withGpu(async (gpu) => {
    const config = { ...tinyConfig, ...setup.config };
    const random = randomModel(gpu, config, setup);
    const options: GpuRuntimeOptions = {
      context: setup.context ?? config.nPositions,
      kv: setup.kv ?? 'f32',
      chooseVariant: choose,
    };
    const program = await PrefillProgram.create(gpu, random.model, options);
    await work({ ...random, program, options, config, gpu });
    program.destroy();
    destroyModel(gpu, random.model);
  });
}

/** The residual stream after the last block as the reference has it, [T, C]. */
function hidden({ forward, config }: PrefillSetup, ids: readonly number[]): Float64Array {
  const site = `blocks.${config.nLayer - 1}.hook_resid_post`;
  return forward(ids, [site]).captured.get(site)?.data ?? new Float64Array();
}

/** The residual stream at the end of the sequence. */
async function end({ program, config, gpu }: PrefillSetup): Promise<Float32Array> {
  const buffer = gpu.buffers.create('end', 4096);
  program.copyEnd(buffer, 256);
  const floats = await readFloats(gpu, buffer);
  gpu.buffers.destroy(buffer);
  return floats.slice(64, 64 + config.nEmbd);
}

function lastRow(values: Float64Array, width: number): Float64Array {
  return values.slice(values.length - width);
}

const tolerance = { absolute: 1e-4, relative: 1e-4 };

describe('run', () => {
  test.each([1, 2, 7, 63, 64, 65, 130])('%i ids', (T) =>
    withPrefill({}, async (on) => {
      const ids = randomIds(T, T, 61);
      await on.program.run(0, 0, ids);
      const expected = hidden(on, ids);
      expectClose(await end(on), lastRow(expected, on.config.nEmbd), tolerance);
    }),
  );

  test('a sequence continued, and one begun again in the middle', () =>
    withPrefill({ sequences: 2 }, async (on) => {
      const ids = randomIds(5, 40, 61);
      const other = randomIds(6, 9, 61);
      await on.program.run(1, 0, ids.slice(0, 23));
      await on.program.run(0, 0, other);
      await on.program.run(1, 23, ids.slice(23));
      const whole = hidden(on, ids);
      expectClose(await end(on), lastRow(whole, on.config.nEmbd), tolerance);
      await on.program.run(1, 11, other);
      const again = hidden(on, [...ids.slice(0, 11), ...other]);
      expectClose(await end(on), lastRow(again, on.config.nEmbd), tolerance);
    }));

  test.each(['f16', 'int8', 'int4'] as const)('weights in %s', (dtype) =>
    withPrefill({ dtype }, async (on) => {
      const ids = randomIds(7, 33, 61);
      await on.program.run(0, 0, ids);
      const expected = hidden(on, ids);
      expectClose(await end(on), lastRow(expected, on.config.nEmbd), tolerance);
    }),
  );

  test.each([
    { nEmbd: 5, nHead: 5, nInner: 7 },
    { nEmbd: 36, nHead: 1, nInner: 96, activation: 'gelu_erf' },
    { nEmbd: 66, nHead: 3, nInner: 130, scaleAttnWeights: false },
  ] as const)('other shapes %o', (config) =>
    withPrefill({ config, kv: 'f16' }, async (on) => {
      const ids = randomIds(8, 21, 61);
      await on.program.run(0, 0, ids);
      const expected = hidden(on, ids);
      expectClose(await end(on), lastRow(expected, on.config.nEmbd), { absolute: 4e-3, relative: 4e-3 });
    }),
  );

  test('stops at a signal', () =>
    withPrefill({}, async ({ program }) => {
      const running = program.run(0, 0, randomIds(9, 150, 61), AbortSignal.abort());
      await expect(running).rejects.toMatchObject({ code: 'aborted' });
    }));
});

test('score: log-probabilities and ranks of targets, entropy and likeliest ids of each row', () =>
  withPrefill({}, async (on) => {
    const ids = randomIds(10, 135, 61);
    const targets = [...ids.slice(1), -1];
    const inspector = await Inspector.create(on.program, on.options);
    const scores = await inspector.score({ sequence: 0, position: 0, ids, targets, top: 2 });
    inspector.destroy();
    const reference = on.forward(ids);
    const rows = ids.map((_, t) => reference.logits(t));
    const expected = rows.map((row, t) => (row[targets[t] as number] as number) - logSumExp(row));
    expect(scores.logprobs.at(-1)).toBeNaN();
    expectClose(scores.logprobs.slice(0, -1), expected.slice(0, -1), { absolute: 2e-4 });
    expect(scores.likeliest.map((best) => best.map(({ id }) => id))).toEqual(
      rows.map((row) => likeliest(row, 2)),
    );
    expectClose(
      scores.likeliest.flatMap((best) => best.map(({ logprob }) => logprob)),
      rows.flatMap((row) => likeliest(row, 2).map((id) => (row[id] as number) - logSumExp(row))),
      { absolute: 2e-4 },
    );
    expectClose(scores.entropies, rows.map(entropyOf), { absolute: 1e-3 });
    expect([...scores.ranks]).toEqual(
      rows.map((row, t) => (targets[t] === -1 ? 0 : rankOf(row, targets[t] as number))),
    );
    const last = hidden(on, ids);
    expectClose(await end(on), lastRow(last, on.config.nEmbd), tolerance);
  }));

test('inspect: attention of every head, and the head applied to every stage', () =>
  withPrefill({}, async (on) => {
    const ids = randomIds(11, 131, 61);
    const inspector = await Inspector.create(on.program, on.options);
    const views = await inspector.inspect(ids, { attention: true, logitLensTop: 3 });
    inspector.destroy();
    const { nLayer, nHead, nEmbd } = on.config;
    const layers = Array.from({ length: nLayer }, (_, layer) => layer);
    const patterns = layers.map((layer) => `blocks.${layer}.attn.hook_pattern`);
    const stages = ['blocks.0.hook_resid_pre', ...layers.map((layer) => `blocks.${layer}.hook_resid_post`)];
    const plain = on.forward(ids, [...patterns, ...stages]);
    const dataOf = (site: string) => plain.captured.get(site)?.data ?? new Float64Array();
    for (const [layer, pattern] of patterns.entries()) {
      const size = ids.length ** 2;
      for (let head = 0; head < nHead; head++) {
        const actual = views.attention?.[layer]?.[head] ?? [];
        const expected = dataOf(pattern).subarray(head * size, (head + 1) * size);
        expectClose(actual, expected, { absolute: 1e-5 }, `layer ${layer} head ${head}`);
      }
    }
    for (const [stage, site] of stages.entries()) {
      const row = plain.head(dataOf(site).slice(-nEmbd));
      const got = views.logitLens?.[stage]?.at(-1) ?? [];
      expect(got.map(({ id }) => id)).toEqual(likeliest(row, 3));
      expectClose(
        got.map(({ logprob }) => logprob),
        likeliest(row, 3).map((id) => (row[id] as number) - logSumExp(row)),
        { absolute: 2e-4 },
      );
    }
  }));

test('inspect computes only what is asked for', () =>
  withPrefill({}, async ({ program, options }) => {
    const inspector = await Inspector.create(program, options);
    const views = await inspector.inspect([1, 2, 3], { attention: false, logitLensTop: 0 });
    inspector.destroy();
    expect(views).toEqual({});
  }));
