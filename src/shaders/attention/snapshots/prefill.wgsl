const NH = 12u;
const HS = 8u;
const HS4 = 2u;
const CONTEXT = 1024u;
const QKV_STRIDE4 = 576u;
const KEY_DIM_STRIDE = 1024u;
const KEY_POSITION_STRIDE = 1u;
const VALUE_DIM_STRIDE = 1u;
const VALUE_POSITION_STRIDE = 2u;
const OUT_STRIDE = 768u;
const QT = 2u;
const KEYS = 2u;
const WG = 8u;

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

// Causal attention of rows over the keys and values of their sequences, their own among them: out[t][h * HS + d].
//
// Workgroup (head, block of WG * QT queries). A lane carries QT neighbouring queries: their q and their weighted values
// stay in registers, and each key and value it loads serves all of them. Keys come KEYS at a time, with one rescaling of
// the running softmax for all of them. A lane ends with its last query's own position; keys past an earlier one's count
// nothing. No workgroup memory, no barrier.
//
// Constants: HS size of a head; HS4 vec4s of a padded head; OUT_STRIDE floats between rows of out; WG lanes of a
//   workgroup; QKV_STRIDE4 vec4s between rows of qkv; QT queries a lane carries; KEYS keys between two rescalings
// Bindings: params, qkv, layer, out
// From kv-source.ts: load_kv, key_base, value_base, KEY_DIM_STRIDE, KEY_POSITION_STRIDE, VALUE_DIM_STRIDE,
//   VALUE_POSITION_STRIDE
// From address.ts: position_of, sequence_of

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.x;
  let start = (group.y * WG + local) * QT;
  if (start >= params.count) {
    return;
  }
  let last = position_of(min(start + QT, params.count) - 1u);
  let keys = key_base(sequence_of(start), head);
  let vals = value_base(sequence_of(start), head);
  let row_0 = min(start + 0u, params.count - 1u);
  let position_0 = position_of(row_0);
  var biggest_0 = -3.0e38;
  var sum_0 = 0.0;
  let q_0_0 = qkv[row_0 * QKV_STRIDE4 + head * HS4 + 0u] * layer.scale;
  var o_0_0 = vec4f();
  let q_0_1 = qkv[row_0 * QKV_STRIDE4 + head * HS4 + 1u] * layer.scale;
  var o_0_1 = vec4f();
  let row_1 = min(start + 1u, params.count - 1u);
  let position_1 = position_of(row_1);
  var biggest_1 = -3.0e38;
  var sum_1 = 0.0;
  let q_1_0 = qkv[row_1 * QKV_STRIDE4 + head * HS4 + 0u] * layer.scale;
  var o_1_0 = vec4f();
  let q_1_1 = qkv[row_1 * QKV_STRIDE4 + head * HS4 + 1u] * layer.scale;
  var o_1_1 = vec4f();
  for (var first = 0u; first <= last; first += KEYS) {
    let key_0 = min(first + 0u, last);
    var s_0_0 = 0.0;
    var s_1_0 = 0.0;
    {
      let k = load_kv(keys + 0u * KEY_DIM_STRIDE + key_0 * KEY_POSITION_STRIDE);
      s_0_0 += dot(q_0_0, k);
      s_1_0 += dot(q_1_0, k);
    }
    {
      let k = load_kv(keys + 1u * KEY_DIM_STRIDE + key_0 * KEY_POSITION_STRIDE);
      s_0_0 += dot(q_0_1, k);
      s_1_0 += dot(q_1_1, k);
    }
    let key_1 = min(first + 1u, last);
    var s_0_1 = 0.0;
    var s_1_1 = 0.0;
    {
      let k = load_kv(keys + 0u * KEY_DIM_STRIDE + key_1 * KEY_POSITION_STRIDE);
      s_0_1 += dot(q_0_0, k);
      s_1_1 += dot(q_1_0, k);
    }
    {
      let k = load_kv(keys + 1u * KEY_DIM_STRIDE + key_1 * KEY_POSITION_STRIDE);
      s_0_1 += dot(q_0_1, k);
      s_1_1 += dot(q_1_1, k);
    }
    var top_0 = biggest_0;
    s_0_0 = select(-3.0e38, s_0_0, first + 0u <= position_0);
    top_0 = max(top_0, s_0_0);
    s_0_1 = select(-3.0e38, s_0_1, first + 1u <= position_0);
    top_0 = max(top_0, s_0_1);
    let shrink_0 = exp(biggest_0 - top_0);
    biggest_0 = top_0;
    sum_0 *= shrink_0;
    let p_0_0 = exp(s_0_0 - top_0);
    sum_0 += p_0_0;
    let p_0_1 = exp(s_0_1 - top_0);
    sum_0 += p_0_1;
    var top_1 = biggest_1;
    s_1_0 = select(-3.0e38, s_1_0, first + 0u <= position_1);
    top_1 = max(top_1, s_1_0);
    s_1_1 = select(-3.0e38, s_1_1, first + 1u <= position_1);
    top_1 = max(top_1, s_1_1);
    let shrink_1 = exp(biggest_1 - top_1);
    biggest_1 = top_1;
    sum_1 *= shrink_1;
    let p_1_0 = exp(s_1_0 - top_1);
    sum_1 += p_1_0;
    let p_1_1 = exp(s_1_1 - top_1);
    sum_1 += p_1_1;
    o_0_0 *= shrink_0;
    o_1_0 *= shrink_1;
    {
      let v = load_kv(vals + 0u * VALUE_DIM_STRIDE + key_0 * VALUE_POSITION_STRIDE);
      o_0_0 += p_0_0 * v;
      o_1_0 += p_1_0 * v;
    }
    {
      let v = load_kv(vals + 0u * VALUE_DIM_STRIDE + key_1 * VALUE_POSITION_STRIDE);
      o_0_0 += p_0_1 * v;
      o_1_0 += p_1_1 * v;
    }
    o_0_1 *= shrink_0;
    o_1_1 *= shrink_1;
    {
      let v = load_kv(vals + 1u * VALUE_DIM_STRIDE + key_0 * VALUE_POSITION_STRIDE);
      o_0_1 += p_0_0 * v;
      o_1_1 += p_1_0 * v;
    }
    {
      let v = load_kv(vals + 1u * VALUE_DIM_STRIDE + key_1 * VALUE_POSITION_STRIDE);
      o_0_1 += p_0_1 * v;
      o_1_1 += p_1_1 * v;
    }
  }
  if (start + 0u < params.count) {
    let at = row_0 * OUT_STRIDE + head * HS;
    {
      let value = o_0_0 / sum_0;
      if (4u * 0u + 0u < HS) {
        out[at + 4u * 0u + 0u] = value[0u];
      }
      if (4u * 0u + 1u < HS) {
        out[at + 4u * 0u + 1u] = value[1u];
      }
      if (4u * 0u + 2u < HS) {
        out[at + 4u * 0u + 2u] = value[2u];
      }
      if (4u * 0u + 3u < HS) {
        out[at + 4u * 0u + 3u] = value[3u];
      }
    }
    {
      let value = o_0_1 / sum_0;
      if (4u * 1u + 0u < HS) {
        out[at + 4u * 1u + 0u] = value[0u];
      }
      if (4u * 1u + 1u < HS) {
        out[at + 4u * 1u + 1u] = value[1u];
      }
      if (4u * 1u + 2u < HS) {
        out[at + 4u * 1u + 2u] = value[2u];
      }
      if (4u * 1u + 3u < HS) {
        out[at + 4u * 1u + 3u] = value[3u];
      }
    }
  }
  if (start + 1u < params.count) {
    let at = row_1 * OUT_STRIDE + head * HS;
    {
      let value = o_1_0 / sum_1;
      if (4u * 0u + 0u < HS) {
        out[at + 4u * 0u + 0u] = value[0u];
      }
      if (4u * 0u + 1u < HS) {
        out[at + 4u * 0u + 1u] = value[1u];
      }
      if (4u * 0u + 2u < HS) {
        out[at + 4u * 0u + 2u] = value[2u];
      }
      if (4u * 0u + 3u < HS) {
        out[at + 4u * 0u + 3u] = value[3u];
      }
    }
    {
      let value = o_1_1 / sum_1;
      if (4u * 1u + 0u < HS) {
        out[at + 4u * 1u + 0u] = value[0u];
      }
      if (4u * 1u + 1u < HS) {
        out[at + 4u * 1u + 1u] = value[1u];
      }
      if (4u * 1u + 2u < HS) {
        out[at + 4u * 1u + 2u] = value[2u];
      }
      if (4u * 1u + 3u < HS) {
        out[at + 4u * 1u + 3u] = value[3u];
      }
    }
  }
}
