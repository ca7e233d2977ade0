// A block is 16 signed bytes; 4 blocks (64 weights along the input) share an f32 scale.
fn block_vec4(block: vec4u, part: u32) -> vec4f {
  return vec4f(unpack4xI8(block[part]));
}
fn block_scale(row: u32, block: u32) -> f32 {
  return scales[row * (KB / 4u) + block / 4u];
}
