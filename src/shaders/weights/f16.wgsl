// A block is 8 weights as f16 pairs in u32; needs no optional feature.
fn block_vec4(block: vec4u, part: u32) -> vec4f {
  return vec4f(unpack2x16float(block[2u * part]), unpack2x16float(block[2u * part + 1u]));
}
fn block_scale(row: u32, block: u32) -> f32 {
  return 1.0;
}
