// Element i of the raw bytes, as BF16: the upper half of an F32.
fn element(i: u32) -> f32 {
  return bitcast<f32>((raw[i / 2u] >> (16u * (i % 2u))) << 16u);
}
