// Element i of the raw bytes, as F16.
fn element(i: u32) -> f32 {
  return unpack2x16float(raw[i / 2u])[i % 2u];
}
