// The whole context in one workgroup: the weighted mean is final.
fn emit_head(column: u32, head: u32, part: u32, d: u32, value: f32, total: f32, top: f32) {
  if (d < HS) {
    out[column * OUT_STRIDE + head * HS + d] = value / total;
  }
}
