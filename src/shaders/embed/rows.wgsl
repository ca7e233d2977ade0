// x[t] = wte[ids[t]] + wpe[position of t], one lane a block of 16 weight bytes.
//
// Constants: CONTEXT positions of wpe; KB blocks of a row of wte; V tokens in the vocabulary
// Bindings: ids, params
// From block.wgsl: embed_block
// From address.ts: position_of
// From shared/lane.wgsl: Grid, lane_of

@compute @workgroup_size(64)
fn main(grid: Grid) {
  let lane = lane_of(grid);
  if (lane >= params.count * KB) {
    return;
  }
  let t = lane / KB;
  embed_block(t, lane % KB, min(ids[t], V - 1u), min(position_of(t), CONTEXT - 1u));
}
