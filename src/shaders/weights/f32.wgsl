// A block is 4 weights as f32.
fn block_vec4(block: vec4u, part: u32) -> vec4f {
  return bitcast<vec4f>(block);
}
fn block_scale(row: u32, block: u32) -> f32 {
  return 1.0;
}
