const NH = 12u;
const HS = 64u;
const HS4 = 16u;
const CONTEXT = 1024u;
const QKV_STRIDE4 = 576u;
const KEY_DIM_STRIDE = 1024u;
const KEY_POSITION_STRIDE = 1u;
const VALUE_DIM_STRIDE = 1u;
const VALUE_POSITION_STRIDE = 16u;

struct Chunk {
  count: u32, // rows of this chunk
  base: u32, // position of the first: keys before it are in the KV cache
  sequence: u32, // which KV cache
  total: u32, // keys of a row of a pattern
  length: u32, // rows of each sequence
  first: u32, // rows of the sequences before the first of this chunk
}

struct Layer {
  scale: f32, // what scores are multiplied by
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> kv: array<vec4f>;
@group(0) @binding(2) var<uniform> layer: Layer;
@group(0) @binding(3) var<uniform> params: Chunk;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

fn load_kv(index: u32) -> vec4f {
  return kv[index];
}

fn store_kv(index: u32, value: vec4f) {
  kv[index] = value;
}

fn key_base(sequence: u32, head: u32) -> u32 {
  return (sequence * 2u * NH + head) * HS4 * CONTEXT;
}

fn value_base(sequence: u32, head: u32) -> u32 {
  return ((sequence * 2u + 1u) * NH + head) * HS4 * CONTEXT;
}

fn position_of(row: u32) -> u32 {
  return params.base + (params.first + row) % params.length;
}

fn sequence_of(row: u32) -> u32 {
  return params.sequence + (params.first + row) / params.length;
}

fn row_count() -> u32 {
  return params.count;
}

fn key_count() -> u32 {
  return params.total;
}

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
