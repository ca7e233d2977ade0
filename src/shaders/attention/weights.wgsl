// Softmax of a query's scores over the keys up to its own, zero after: out[head][t][key]. One workgroup a (head, query).
// Each lane leaves its raw scores in `out` and comes back to them when the row's maximum and sum are known.
//
// Constants: HS4 vec4s of a padded head; QKV_STRIDE4 vec4s between rows of qkv
// Bindings: out, qkv, layer
// From kv-source.ts: load_kv, key_base, KEY_DIM_STRIDE, KEY_POSITION_STRIDE
// From address.ts: position_of, sequence_of, row_count, key_count

var<workgroup> maxima: array<f32, 64>;
var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.x;
  let t = group.y;
  let position = position_of(t);
  let keys = key_base(sequence_of(t), head);
  let start = (head * row_count() + t) * key_count();
  var biggest = -3.0e38;
  var sum = 0.0;
  for (var key = local; key < key_count(); key += 64u) {
    if (key > position) {
      out[start + key] = 0.0;
      continue;
    }
    var score = 0.0;
    for (var d = 0u; d < HS4; d++) {
      score += dot(qkv[t * QKV_STRIDE4 + head * HS4 + d], load_kv(keys + d * KEY_DIM_STRIDE + key * KEY_POSITION_STRIDE));
    }
    score *= layer.scale;
    out[start + key] = score;
    let top = max(biggest, score);
    sum = sum * exp(biggest - top) + exp(score - top);
    biggest = top;
  }
  maxima[local] = biggest;
  sums[local] = sum;
  workgroupBarrier();
  var top = -3.0e38;
  for (var lane = 0u; lane < 64u; lane++) {
    top = max(top, maxima[lane]);
  }
  var total = 0.0;
  for (var lane = 0u; lane < 64u; lane++) {
    total += sums[lane] * exp(maxima[lane] - top);
  }
  for (var key = local; key < min(position + 1u, key_count()); key += 64u) {
    out[start + key] = exp(out[start + key] - top) / total;
  }
}
