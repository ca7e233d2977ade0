// Softmax of a query's scores over the keys up to its own, zero after: out[head][t][key]. One workgroup a (head, query).
// Each lane leaves its raw scores in `out` and comes back to them when the row's maximum and sum are known.
//
// Constants: NH heads; HS4 vec4s of a padded head; CONTEXT positions the cache holds; QKV_STRIDE4 vec4s between rows
//   of qkv
// Bindings: params, out, qkv, layer
// From kv-cache.ts: load_kv

var<workgroup> maxima: array<f32, 64>;
var<workgroup> sums: array<f32, 64>;

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.x;
  let t = group.y;
  let position = params.base + t;
  let keys = ((params.sequence * 2u) * NH + head) * HS4 * CONTEXT;
  let start = (head * params.count + t) * params.total;
  var biggest = -3.0e38;
  var sum = 0.0;
  for (var key = local; key < params.total; key += 64u) {
    if (key > position) {
      out[start + key] = 0.0;
      continue;
    }
    var score = 0.0;
    for (var d = 0u; d < HS4; d++) {
      score += dot(qkv[t * QKV_STRIDE4 + head * HS4 + d], load_kv(keys + d * CONTEXT + key));
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
  for (var key = local; key < min(position + 1u, params.total); key += 64u) {
    out[start + key] = exp(out[start + key] - top) / total;
  }
}
