const NH = 12u;
const HS = 8u;
const HSP = 8u;
const HS4 = 2u;
const CONTEXT = 1024u;
const SPLITS = 1u;
const OUT_STRIDE = 768u;
const WG = 64u;
const QKV_STRIDE4 = 576u;
const STORES = true;

struct Column {
  token: u32, // last token chosen
  position: u32, // its position in the sequence: the row of wpe, the place in the KV cache
  done: u32, // 1 after an end-of-text token
  draw: u32, // counter of the next random draw
  sequence: u32, // which KV cache, and which stream of random numbers
  chosen: u32, // the sampler's choice, taken by pick
  context_length: u32, // tokens in the context list
}

struct State {
  running: u32, // columns that are not done; kernels return at once when 0
  step: u32, // steps taken since the run began
  columns: array<Column>,
}

struct Layer {
  scale: f32, // what scores are multiplied by
}

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> kv: array<vec4f>;
@group(0) @binding(2) var<storage, read> state: State;
@group(0) @binding(3) var<uniform> layer: Layer;
@group(0) @binding(4) var<storage, read_write> out: array<f32>;

fn load_kv(index: u32) -> vec4f {
  return kv[index];
}

fn store_kv(index: u32, value: vec4f) {
  kv[index] = value;
}

// One query a column against its sequence's cache: out[c][h * HS + d].
//
// Workgroup (head, column, split). Each lane takes every WG-th key of its split, keeps its own running maximum, sum
// and weighted values in registers, and needs no barrier between keys; there the lanes' results are brought to one
// maximum and added. The part that holds the newest position stores its key and value into the cache first,
// unless another kernel has done so for all columns (STORES is false).
// With SPLITS > 1 the result is partial: (maximum, sum, values) for combine.wgsl.
// Barriers: three, in uniform control flow. Workgroup memory: WG * (HSP + 2) floats.
//
// Constants: NH heads; HS size of a head; HSP the same, padded to a multiple of 4; HS4 vec4s of a padded head;
//   CONTEXT positions the cache holds; SPLITS parts a context is cut into; OUT_STRIDE floats between columns of out; WG
//   lanes of a workgroup; QKV_STRIDE4 vec4s between rows of qkv; STORES whether new keys and values are stored here
// Bindings: out, state, qkv, layer
// From kv-cache.ts: store_kv, load_kv

var<workgroup> maxima: array<f32, WG>;
var<workgroup> sums: array<f32, WG>;
var<workgroup> values: array<vec4f, WG * HS4>;

fn kv_index(sequence: u32, part: u32, head: u32) -> u32 {
  return ((sequence * 2u + part) * NH + head) * HS4 * CONTEXT;
}

// One part of SPLITS: [column][head][split] of (maximum, sum, values [HSP]). The whole context: the weighted mean.
fn emit(column: u32, head: u32, part: u32, d: u32, value: f32, total: f32, top: f32) {
  if (SPLITS > 1u) {
    let base = ((column * NH + head) * SPLITS + part) * (HSP + 2u);
    if (d == 0u) {
      out[base] = top;
      out[base + 1u] = total;
    }
    out[base + 2u + d] = value;
  } else if (d < HS) {
    out[column * OUT_STRIDE + head * HS + d] = value / total;
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  if (state.running == 0u) {
    return;
  }
  let head = group.x;
  let column = group.y;
  let position = state.columns[column].position;
  let sequence = state.columns[column].sequence;
  let keys = kv_index(sequence, 0u, head);
  let vals = kv_index(sequence, 1u, head);
  let query = column * QKV_STRIDE4 + head * HS4;
  let new_key = query + NH * HS4;
  let new_value = query + 2u * NH * HS4;
  let span = (position + SPLITS) / SPLITS;
  let start = group.z * span;
  let end = min(start + span, position + 1u);

  if (STORES && start <= position && end == position + 1u) {
    for (var d = local; d < HS4; d += WG) {
      store_kv(keys + d * CONTEXT + position, qkv[new_key + d]);
      store_kv(vals + d * CONTEXT + position, qkv[new_value + d]);
    }
  }
  storageBarrier();
  let q_0 = qkv[query + 0u] * layer.scale;
  var o_0 = vec4f();
  let q_1 = qkv[query + 1u] * layer.scale;
  var o_1 = vec4f();
  var biggest = -3.0e38;
  var sum = 0.0;
  for (var key = start + local; key < end; key += WG) {
    var score = 0.0;
    score += dot(q_0, load_kv(keys + 0u * CONTEXT + key));
    score += dot(q_1, load_kv(keys + 1u * CONTEXT + key));
    if (score > biggest) {
      let shrink = exp(biggest - score);
      biggest = score;
      sum *= shrink;
      o_0 *= shrink;
      o_1 *= shrink;
    }
    let weight = exp(score - biggest);
    sum += weight;
    o_0 += weight * load_kv(vals + 0u * CONTEXT + key);
    o_1 += weight * load_kv(vals + 1u * CONTEXT + key);
  }
  maxima[local] = biggest;
  workgroupBarrier();
  var top = -3.0e38;
  for (var lane = 0u; lane < WG; lane++) {
    top = max(top, maxima[lane]);
  }
  let factor = exp(biggest - top);
  sums[local] = sum * factor;
  values[local * HS4 + 0u] = o_0 * factor;
  values[local * HS4 + 1u] = o_1 * factor;
  workgroupBarrier();
  var total = 0.0;
  for (var lane = 0u; lane < WG; lane++) {
    total += sums[lane];
  }
  for (var d = local; d < HSP; d += WG) {
    var value = 0.0;
    for (var lane = 0u; lane < WG; lane++) {
      value += values[lane * HS4 + d / 4u][d % 4u];
    }
    emit(column, head, group.z, d, value, total, top);
  }
}
