// One of several parts: [column][head][split] of (maximum, sum, values [HSP]).
fn emit_head(column: u32, head: u32, part: u32, d: u32, value: f32, total: f32, top: f32) {
  let base = ((column * NH + head) * SPLITS + part) * (HSP + 2u);
  if (d == 0u) {
    out[base] = top;
    out[base + 1u] = total;
  }
  out[base + 2u + d] = value;
}
