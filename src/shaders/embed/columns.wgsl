// x[c] = wte[token] + wpe[position] of every column as the state names them. One workgroup a column.
//
// Constants: CONTEXT positions of wpe; KB blocks of a row of wte; V tokens in the vocabulary
// Bindings: state
// From block.wgsl: embed_block

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let column = group.x;
  let token = min(state.columns[column].token, V - 1u);
  let position = min(state.columns[column].position, CONTEXT - 1u);
  for (var block = local; block < KB; block += 64u) {
    embed_block(column, block, token, position);
  }
}
