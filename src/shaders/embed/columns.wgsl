// x[c] = wte[token] + wpe[position] of every column as the state names them. One workgroup a column.
//
// Constants: CONTEXT positions of wpe; KB blocks of a row of wte; BLOCK4 vec4s of weights in a block; X_STRIDE4 vec4s
//   between columns of x; V tokens in the vocabulary
// Bindings: state, x, wpe
// From weights/blocks.ts: load_block, block_scale, block_vec4
// From embed.ts: embedded

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let column = group.x;
  let token = min(state.columns[column].token, V - 1u);
  let position = min(state.columns[column].position, CONTEXT - 1u);
  for (var block = local; block < KB; block += 64u) {
    let weights = load_block(token, block);
    let scale = block_scale(token, block);
    #unroll i BLOCK4
    {
      let k4 = block * BLOCK4 + $iu;
      x[column * X_STRIDE4 + k4] = embedded(block_vec4(weights, $iu) * scale, wpe[position * X_STRIDE4 + k4]);
    }
    #end
  }
}
