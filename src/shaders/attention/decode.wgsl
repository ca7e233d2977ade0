// One query a column against its sequence's cache: out[c][h * HS + d].
//
// Workgroup (head, column, split). Keys come in tiles, most often one. First each lane scores every WG-th key of the
// tile; the weights go to workgroup memory. Then lanes in groups of DIM_LANES, each with its dims of a value, sum
// every GROUPS-th value. So neighbouring lanes read neighbouring memory, each key and value is read once, and only the
// groups are left to be added up.
// The part that holds the newest position stores its key and value into the cache first, unless another kernel has
// done so for all columns (STORES is false).
// With SPLITS > 1 the result is partial: (maximum, sum, values) for combine.wgsl.
// Barriers, in uniform control flow: four, and three more for each further tile.
//
// Constants: NH heads; HS size of a head; HSP the same, padded to a multiple of 4; HS4 vec4s of a padded head;
//   SPLITS parts a context is cut into; OUT_STRIDE floats between columns of out; WG lanes of a workgroup; QKV_STRIDE4
//   vec4s between rows of qkv; STORES whether new keys and values are stored here; TILE keys of a tile; DIM_LANES lanes
//   that share a value; DIMS4 vec4s of a value a lane carries; GROUPS groups of such lanes
// Bindings: out, state, qkv, layer
// From kv-cache.ts: store_kv, load_kv
// From kv-source.ts: key_base, value_base, KEY_DIM_STRIDE, KEY_POSITION_STRIDE, VALUE_DIM_STRIDE, VALUE_POSITION_STRIDE

const LOWEST = -3.0e38;

// Scores of a tile, then their weights.
var<workgroup> scores: array<f32, TILE>;
// The highest score so far, as `ordered` gives it.
var<workgroup> highest: atomic<u32>;
var<workgroup> sums: array<f32, GROUPS>;
var<workgroup> values: array<vec4f, GROUPS * HS4>;

// Floats as whole numbers of the same order, above the 0 that workgroup memory begins with.
fn ordered(value: f32) -> u32 {
  let bits = bitcast<u32>(value);
  return select(bits | 0x80000000u, ~bits, (bits & 0x80000000u) != 0u);
}

fn from_ordered(bits: u32) -> f32 {
  return bitcast<f32>(select(~bits, bits & 0x7fffffffu, (bits & 0x80000000u) != 0u));
}

// One part of SPLITS: [column][head][split] of (maximum, sum, values [HSP]). The whole context: the weighted mean.
fn emit(column: u32, head: u32, part: u32, d: u32, value: vec4f, total: f32, top: f32) {
  if (SPLITS > 1u) {
    let base = ((column * NH + head) * SPLITS + part) * (HSP + 2u);
    if (d == 0u) {
      out[base] = top;
      out[base + 1u] = total;
    }
    for (var e = 0u; e < 4u; e++) {
      out[base + 2u + 4u * d + e] = value[e];
    }
    return;
  }
  for (var e = 0u; e < min(4u, HS - 4u * d); e++) {
    out[column * OUT_STRIDE + head * HS + 4u * d + e] = value[e] / total;
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
  let keys = key_base(state.columns[column].sequence, head);
  let vals = value_base(state.columns[column].sequence, head);
  let query = column * QKV_STRIDE4 + head * HS4;
  let span = (position + SPLITS) / SPLITS;
  let start = group.z * span;
  let end = min(start + span, position + 1u);

  if (STORES && start <= position && end == position + 1u) {
    for (var d = local; d < HS4; d += WG) {
      store_kv(keys + d * KEY_DIM_STRIDE + position * KEY_POSITION_STRIDE, qkv[query + NH * HS4 + d]);
      store_kv(vals + d * VALUE_DIM_STRIDE + position * VALUE_POSITION_STRIDE, qkv[query + 2u * NH * HS4 + d]);
    }
  }
  storageBarrier();
  #unroll d HS4
  let q_$d = qkv[query + $du] * layer.scale;
  #end
  let dim = local % DIM_LANES;
  let part = local / DIM_LANES;
  var top = LOWEST;
  var sum = 0.0;
  #unroll j DIMS4
  let d_$j = min(dim + $ju * DIM_LANES, HS4 - 1u);
  var o_$j = vec4f();
  #end
  for (var first = start; first < end; first += TILE) {
    if (first > start) {
      workgroupBarrier();
    }
    let count = min(TILE, end - first);
    var own = LOWEST;
    for (var i = local; i < count; i += WG) {
      let key = keys + (first + i) * KEY_POSITION_STRIDE;
      var score = 0.0;
      #unroll d HS4
      score += dot(q_$d, load_kv(key + $du * KEY_DIM_STRIDE));
      #end
      scores[i] = score;
      own = max(own, score);
    }
    atomicMax(&highest, ordered(own));
    workgroupBarrier();
    let before = top;
    top = from_ordered(atomicLoad(&highest));
    for (var i = local; i < count; i += WG) {
      scores[i] = exp(scores[i] - top);
    }
    workgroupBarrier();
    let shrink = exp(before - top);
    sum *= shrink;
    #unroll j DIMS4
    o_$j *= shrink;
    #end
    for (var i = part; i < count; i += GROUPS) {
      let value = vals + (first + i) * VALUE_POSITION_STRIDE;
      let weight = scores[i];
      sum += weight;
      #unroll j DIMS4
      o_$j += weight * load_kv(value + d_$j * VALUE_DIM_STRIDE);
      #end
    }
  }
  if (part < GROUPS) {
    if (dim == 0u) {
      sums[part] = sum;
    }
    #unroll j DIMS4
    values[part * HS4 + d_$j] = o_$j;
    #end
  }
  workgroupBarrier();
  for (var d = local; d < HS4; d += WG) {
    var value = vec4f();
    var total = 0.0;
    for (var g = 0u; g < GROUPS; g++) {
      value += values[g * HS4 + d];
      total += sums[g];
    }
    emit(column, head, group.z, d, value, total, top);
  }
}
