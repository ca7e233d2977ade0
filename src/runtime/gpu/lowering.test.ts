import { describe, expect, it } from 'vitest';
import { gpt2, type Pass, parseConfig, recordGraph } from '../../model/index.ts';
import { inputsOf } from '../run-schedule.ts';
import { lower } from './lowering.ts';
import { accessOf, withLongHead } from './run-sections.ts';
import type { Slot } from './steps.ts';

const config = parseConfig({
  ...{ model_type: 'gpt2', n_embd: 24, n_head: 3, n_layer: 3, n_positions: 16, vocab_size: 33 },
  activation_function: 'relu',
});
const name = ({ layout, width, index }: Slot) => `${layout}${width}#${index}`;

describe('lowering of GPT-2', () => {
  const lowered = lower(recordGraph(gpt2(config)));

  it('leaves five steps a block, and the head', () => {
    expect(lowered.body).toHaveLength(5 * 3);
    expect(lowered.head).toHaveLength(1);
    const block = lowered.body.slice(5, 10).map((step) => {
      if (step.kind !== 'linear') return step.kind;
      const from = step.norm ? `${step.norm.name} > ` : '';
      return `${from}${step.name} ${name(step.from)} ${step.output.as} ${name(step.output.to)}`;
    });
    expect(block).toEqual([
      'h.1.ln_1 > h.1.attn.c_attn rows24#0 heads heads72#1',
      'attention',
      'h.1.attn.c_proj rows24#2 add rows24#0',
      'h.1.ln_2 > h.1.mlp.c_fc rows24#0 activate rows96#3',
      'h.1.mlp.c_proj rows96#3 add rows24#0',
    ]);
  });

  it('uses four buffers for the blocks and one for the logits', () => {
    const slots = [...lowered.body, ...lowered.head].flatMap((step) =>
      step.kind === 'linear'
        ? [step.from, step.output.to]
        : step.kind === 'attention'
          ? [step.from, step.to]
          : [],
    );
    expect([...new Set(slots.map(name))].sort()).toEqual(
      ['heads72#1', 'rows24#0', 'rows24#2', 'rows33#4', 'rows96#3'].sort(),
    );
    expect(name(lowered.embedded)).toBe('rows24#0');
    expect(name(lowered.hidden)).toBe('rows24#0');
    expect(name(lowered.logits)).toBe('rows33#4');
  });

  it('can leave all that follows the last attention to the head', () => {
    const { body, head } = withLongHead(lowered);
    expect([...body, ...head]).toEqual([...lowered.body, ...lowered.head]);
    expect(body.at(-1)?.kind).toBe('attention');
    expect(inputsOf(head.map(accessOf)).map(name).sort()).toEqual(['rows24#0', 'rows24#2']);
    expect(inputsOf(lowered.head.map(accessOf)).map(name)).toEqual(['rows24#0']);
  });
});

describe('lowering of a watched pass', () => {
  const edited = (site: string) => lower(recordGraph(gpt2(config), { edits: [{ site, op: 'zero' }] }));
  const kinds = (site: string) => edited(site).body.map(({ kind }) => kind);
  const block = ['linear', 'attention', 'linear', 'linear', 'linear'];
  const rest = [...block, ...block];

  it.each<[string, string[]]>([
    ['hook_resid_pre', ['edit', ...block]],
    ['attn.hook_k', ['linear', 'edit', ...block.slice(1)]],
    ['attn.hook_v', ['linear', 'pattern', 'edit', 'weightedSum', ...block.slice(2)]],
    ['attn.hook_pattern', ['linear', 'pattern', 'edit', 'weightedSum', ...block.slice(2)]],
    ['attn.hook_z', ['linear', 'attention', 'edit', ...block.slice(2)]],
    ['hook_attn_out', ['linear', 'attention', 'linear', 'edit', 'add', 'linear', 'linear']],
    ['mlp.hook_pre', ['linear', 'attention', 'linear', 'linear', 'edit', 'activate', 'linear']],
    ['hook_mlp_out', [...block, 'edit', 'add']],
  ])('stops fusing at %s and nowhere else', (site, first) => {
    expect(kinds(`blocks.0.${site}`)).toEqual([...first, ...rest]);
  });

  it('embeds in two parts where one is watched, and norms on its own before a watched head', () => {
    const { embed, body, head } = edited('hook_embed');
    expect(embed.map(({ kind }) => kind)).toEqual(['embed', 'edit', 'embed', 'add']);
    expect(body).toHaveLength(5 * 3);
    expect(head).toHaveLength(1);
    const last = edited('ln_final.hook_normalized').head.map(({ kind }) => kind);
    expect(last).toEqual(['norm', 'edit', 'linear']);
  });
});

describe('lowering of a variant', () => {
  it('keeps a norm without a following product as a separate step', () => {
    const normed: Pass = (ops) => {
      const sum = ops.add(ops.embed('wte', 24), ops.embedPosition('wpe', 24));
      const x = ops.layerNorm('ln_0', sum, 1e-5);
      const inner = ops.activate(ops.linear('up', ops.layerNorm('ln_1', x, 1e-5), 96), 'relu');
      const y = ops.add(x, ops.linear('down', inner, 24));
      return ops.linear('lm_head', ops.selectPositions(y), 33, { bias: false });
    };
    const { body, head, embedded, hidden } = lower(recordGraph(normed));
    expect(body.map(({ kind }) => kind)).toEqual(['norm', 'linear', 'linear']);
    expect(body[1]).toMatchObject({ norm: { name: 'ln_1' }, from: hidden, output: { as: 'activate' } });
    expect(body[2]).toMatchObject({ norm: undefined, output: { as: 'add', to: hidden } });
    expect(head).toMatchObject([{ norm: undefined, from: hidden }]);
    expect(embedded).not.toEqual(hidden);
  });
});
