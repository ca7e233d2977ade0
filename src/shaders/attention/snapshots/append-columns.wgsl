const NH = 12u;
const HS = 64u;
const HS4 = 16u;
const CONTEXT = 1024u;
const QKV_STRIDE4 = 576u;
const KEY_DIM_STRIDE = 1024u;
const KEY_POSITION_STRIDE = 1u;
const VALUE_DIM_STRIDE = 1u;
const VALUE_POSITION_STRIDE = 16u;

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

@group(0) @binding(0) var<storage, read> qkv: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> kv: array<vec4f>;
@group(0) @binding(2) var<storage, read> state: State;

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

// Keys and values of every column's row of qkv -> the KV cache of its sequence, one lane four dims, so that columns
// of one sequence find each other there. Columns at the same position hold the same values.
//
// Constants: NH heads; HS4 vec4s of a padded head; QKV_STRIDE4 vec4s between rows of qkv
// Bindings: qkv, state
// From kv-cache.ts: store_kv
// From kv-source.ts: key_base, value_base, KEY_DIM_STRIDE, KEY_POSITION_STRIDE, VALUE_DIM_STRIDE, VALUE_POSITION_STRIDE

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let place = group.x * 64u + local; // [k, v][head][dim / 4]
  if (place >= 2u * NH * HS4) {
    return;
  }
  let head = place / HS4 % NH;
  let d = place % HS4;
  let sequence = state.columns[group.y].sequence;
  let position = state.columns[group.y].position;
  let key = key_base(sequence, head) + d * KEY_DIM_STRIDE + position * KEY_POSITION_STRIDE;
  let value = value_base(sequence, head) + d * VALUE_DIM_STRIDE + position * VALUE_POSITION_STRIDE;
  store_kv(select(key, value, place >= NH * HS4), qkv[group.y * QKV_STRIDE4 + NH * HS4 + place]);
}
