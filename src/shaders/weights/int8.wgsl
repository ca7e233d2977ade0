// A block is 16 signed bytes; 4 blocks (64 weights along the input) share an f32 scale.
// Shifts rather than unpack4xI8, which not every browser has.
fn block_vec4(block: vec4u, part: u32) -> vec4f {
  return vec4f(bitcast<vec4i>(vec4u(block[part]) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
}
fn block_scale(row: u32, block: u32) -> f32 {
  return scales[row * (KB / 4u) + block / 4u];
}
