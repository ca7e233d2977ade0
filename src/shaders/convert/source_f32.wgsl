// Element i of the raw bytes, as F32.
fn element(i: u32) -> f32 {
  return bitcast<f32>(raw[i]);
}
