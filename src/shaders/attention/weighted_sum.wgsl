// Values of the positions a query sees, by the weights of a pattern: out[t][h * HS + d], one lane four dims. For
// patterns that have been edited; elsewhere attention does it on the way. Grid: (heads, rows).
//
// Constants: HS size of a head; HS4 vec4s of a padded head; OUT_STRIDE floats between rows of out
// Bindings: attended, out
// From address.ts: position_of, sequence_of, row_count, key_count
// From kv-source.ts: load_kv, value_base, VALUE_DIM_STRIDE, VALUE_POSITION_STRIDE

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.x;
  let row = group.y;
  let vals = value_base(sequence_of(row), head);
  let weights = (head * row_count() + row) * key_count();
  for (var d = local; d < HS4; d += 64u) {
    var sum = vec4f();
    for (var key = 0u; key <= position_of(row); key++) {
      sum += attended[weights + key] * load_kv(vals + d * VALUE_DIM_STRIDE + key * VALUE_POSITION_STRIDE);
    }
    for (var e = 0u; e < 4u; e++) {
      if (4u * d + e < HS) {
        out[row * OUT_STRIDE + head * HS + 4u * d + e] = sum[e];
      }
    }
  }
}
