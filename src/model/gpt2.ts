import type { GPT2Config } from './config.ts';
import type { Ops, Pass, Value } from './graph.ts';

// T token positions, P of them asked for, C channels, NH heads, HS head size, I inner width, V vocabulary, L layers

/** GPT-2's forward pass, whole. Names of parameters are the checkpoint's, names of sites are TransformerLens's. */
export function gpt2(config: GPT2Config): Pass {
  const { nEmbd: C, nLayer: L, vocabSize: V, layerNormEpsilon } = config;
  return (ops) => {
    const token = ops.site('hook_embed', ops.embed('wte', C)); // [T] -> [T, C]
    const position = ops.site('hook_pos_embed', ops.embedPosition('wpe', C)); // [T] -> [T, C]
    let x = ops.add(token, position); // [T, C]
    for (let layer = 0; layer < L; layer++) x = block(ops, config, layer, x); // [T, C] -> [T, C]
    x = ops.selectPositions(x); // [T, C] -> [P, C]
    x = ops.site('ln_final.hook_normalized', ops.layerNorm('ln_f', x, layerNormEpsilon)); // [P, C]
    return ops.linear('lm_head', x, V, { bias: false }); // [P, C] -> [P, V]
  };
}

/** x += attention(ln_1(x)); x += mlp(ln_2(x)). */
function block(ops: Ops, config: GPT2Config, layer: number, input: Value): Value {
  const { nEmbd: C, nHead: heads, nInner: I, activation, layerNormEpsilon: epsilon } = config;
  const h = `h.${layer}`;
  const site = (name: string, x: Value) => ops.site(`blocks.${layer}.${name}`, x);
  const spec = { layer, heads, scale: attentionScale(config, layer) };

  let x = site('hook_resid_pre', input); // [T, C]
  const qkv = ops.linear(`${h}.attn.c_attn`, ops.layerNorm(`${h}.ln_1`, x, epsilon), 3 * C); // [T, C] -> [T, 3C]
  const [q, k, v] = ops.splitHeads(qkv, 3, heads) as [Value, Value, Value]; // each [T, NH, HS]
  const scores = ops.attentionPattern(site('attn.hook_q', q), site('attn.hook_k', k), spec); // [NH, T, T]
  const z = ops.weightedSum(site('attn.hook_pattern', scores), site('attn.hook_v', v), spec); // [T, NH, HS]
  const attention = ops.linear(`${h}.attn.c_proj`, site('attn.hook_z', z), C); // [T, C] -> [T, C]
  x = site('hook_resid_mid', ops.add(x, site('hook_attn_out', attention))); // [T, C]

  const inner = ops.linear(`${h}.mlp.c_fc`, ops.layerNorm(`${h}.ln_2`, x, epsilon), I); // [T, C] -> [T, I]
  const active = ops.activate(site('mlp.hook_pre', inner), activation); // [T, I]
  const mlp = ops.linear(`${h}.mlp.c_proj`, site('mlp.hook_post', active), C); // [T, I] -> [T, C]
  return site('hook_resid_post', ops.add(x, site('hook_mlp_out', mlp))); // [T, C]
}

/** What scores are multiplied by: 1 / sqrt(HS) and, where the config says so, 1 / (layer + 1). */
export function attentionScale(config: GPT2Config, layer: number): number {
  const headSize = config.nEmbd / config.nHead;
  const byHead = config.scaleAttnWeights ? 1 / Math.sqrt(headSize) : 1;
  return config.scaleAttnByInverseLayerIdx ? byHead / (layer + 1) : byHead;
}
