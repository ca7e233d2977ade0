const NH = 12u;
const HS4 = 16u;
const CONTEXT = 1024u;
const QKV_STRIDE4 = 576u;

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

// Keys and values of every column's row of qkv -> the KV cache of its sequence, one lane four dims, so that columns
// of one sequence find each other there. Columns at the same position hold the same values.
//
// Constants: NH heads; HS4 vec4s of a padded head; CONTEXT positions the cache holds; QKV_STRIDE4 vec4s between rows
//   of qkv
// Bindings: qkv, state
// From kv-cache.ts: store_kv

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let place = group.x * 64u + local; // [k, v][head][dim / 4]
  let column = group.y;
  if (place >= 2u * NH * HS4) {
    return;
  }
  let value = qkv[column * QKV_STRIDE4 + NH * HS4 + place];
  let cache = (state.columns[column].sequence * 2u * NH * HS4 + place) * CONTEXT;
  store_kv(cache + state.columns[column].position, value);
}
