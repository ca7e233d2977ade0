// x[t] = wte[ids[t]] + wpe[position of t], one lane a block of 16 weight bytes.
//
// Constants: CONTEXT positions of wpe; KB blocks of a row of wte; BLOCK4 vec4s of weights in a block; X_STRIDE4 vec4s
//   between rows of x; V tokens in the vocabulary
// Bindings: ids, params, x, wpe
// From weights/blocks.ts: load_block, block_scale, block_vec4
// From embed.ts: embedded
// From address.ts: position_of

fn lane(id: u32) {
  let t = id / KB;
  let block = id % KB;
  let token = min(ids[t], V - 1u);
  let position = min(position_of(t), CONTEXT - 1u);
  let weights = load_block(token, block);
  let scale = block_scale(token, block);
  #unroll i BLOCK4
  {
    let k4 = block * BLOCK4 + $iu;
    x[t * X_STRIDE4 + k4] = embedded(block_vec4(weights, $iu) * scale, wpe[position * X_STRIDE4 + k4]);
  }
  #end
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let id = (group.y * groups.x + group.x) * 64u + local;
  if (id < params.count * KB) {
    lane(id);
  }
}
