const V = 50257u;
const LOGITS_STRIDE = 50304u;
const CONTEXT = 1024u;
const WG = 256u;
const LENGTHS = 64u;

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

struct Dry {
  allowed: u32, // shortest repetition that is penalised
  penalties: array<vec4u, 16>, // as f32 bits, by how many tokens longer it is
}

@group(0) @binding(0) var<storage, read_write> processed: array<u32>;
@group(0) @binding(1) var<storage, read> state: State;
@group(0) @binding(2) var<storage, read_write> history: array<u32>;
@group(0) @binding(3) var<storage, read_write> longest: array<atomic<u32>>;
@group(0) @binding(4) var<storage, read> breakers: array<u32>;
@group(0) @binding(5) var<uniform> params: Dry;

// Of sample.wgsl and first.wgsl: logits that the samplers can work with.

const BANNED = 0xff800000u;  // bits of -infinity
const LIMIT = 0x7149f2cau;   // bits of 1e30

// Bits of a logit the samplers can work with; see `sanitise` in src/sampling.
fn sanitise(bits: u32) -> u32 {
  let magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u || bits == BANNED) {
    return BANNED;
  }
  if (magnitude < 0x00800000u) {
    return 0u;
  }
  return select(bits, (bits & 0x80000000u) | LIMIT, magnitude > LIMIT);
}

// DRY, as src/sampling/dry.ts has it: lowers the logits of tokens that would extend a repetition, one workgroup a column.
//
// `history` holds the tokens of each column, after their number. `longest` is zero between steps.
//
// Constants: CONTEXT tokens a history holds; WG lanes of a workgroup; V tokens in the vocabulary; LOGITS_STRIDE floats
//   between columns of logits; LENGTHS penalties
// Bindings: processed, state, history, longest, breakers, params
// From sanitise.wgsl: BANNED

var<workgroup> length_now: u32;

fn token_at(column: u32, at: u32) -> u32 {
  return history[column * (CONTEXT + 1u) + 1u + at];
}

fn breaks(id: u32) -> bool {
  return id >= V || ((breakers[id / 32u] >> (id % 32u)) & 1u) != 0u;
}

// How many tokens before `at` are also the last ones.
fn repeated_before(column: u32, at: u32, length: u32) -> u32 {
  let most = min(at, params.allowed + LENGTHS - 1u);
  var repeated = 0u;
  while (repeated < most) {
    let id = token_at(column, length - 1u - repeated);
    if (token_at(column, at - 1u - repeated) != id || breaks(id)) {
      break;
    }
    repeated++;
  }
  return repeated;
}

// Adds the last token to the history and says how long that is.
fn extended(column: u32) -> u32 {
  let head = column * (CONTEXT + 1u);
  let length = history[head];
  if (state.step == 0u || length == CONTEXT) {
    return length;
  }
  history[head + 1u + length] = state.columns[column].token;
  history[head] = length + 1u;
  return length + 1u;
}

fn penalise(column: u32, id: u32, repeated: u32) {
  let at = column * LOGITS_STRIDE + id;
  if (repeated < params.allowed || processed[at] == BANNED) {
    return;
  }
  let over = repeated - params.allowed;
  let penalty = bitcast<f32>(params.penalties[over / 4u][over % 4u]);
  processed[at] = bitcast<u32>(bitcast<f32>(processed[at]) - penalty);
}

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let column = group.x;
  if (local == 0u) {
    length_now = extended(column);
  }
  storageBarrier();
  let length = workgroupUniformLoad(&length_now);
  for (var at = 1u + local; at < length; at += WG) {
    let id = token_at(column, at);
    if (!breaks(id)) {
      atomicMax(&longest[column * V + id], repeated_before(column, at, length));
    }
  }
  storageBarrier();
  // Whoever finds a token's longest repetition takes it away, so that it counts once.
  for (var at = 1u + local; at < length; at += WG) {
    let id = token_at(column, at);
    if (!breaks(id)) {
      penalise(column, id, atomicExchange(&longest[column * V + id], 0u));
    }
  }
}
