const V = 50257u;
const COLUMNS = 1u;
const LOGITS_STRIDE = 50304u;
const WG = 64u;
const HEADER = 256u;
const ACCEPTS = 1u;
const LIVE = 2u;
const ENDS_TEXT = 255u;

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

struct Constrain {
  constrained: u32, // 0: all tokens may come
  classes: u32, // of bytes
}

@group(0) @binding(0) var<storage, read> logits: array<u32>;
@group(0) @binding(1) var<storage, read_write> processed: array<u32>;
@group(0) @binding(2) var<storage, read> state: State;
@group(0) @binding(3) var<storage, read> table: array<u32>;
@group(0) @binding(4) var<storage, read> bytes: array<u32>;
@group(0) @binding(5) var<storage, read> spans: array<u32>;
@group(0) @binding(6) var<storage, read_write> automaton_states: array<u32>;
@group(0) @binding(7) var<uniform> params: Constrain;

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

// Logits for the sampling kernel: a copy in which every token that the automaton cannot take next is banned.
//
// A lane walks the bytes of its token from the state of its column. Every workgroup moves that state by the last token,
// the first one keeps it for the next step: what a step reads and what it writes lie apart.
//
// Constants: COLUMNS sequences side by side; WG lanes of a workgroup; V tokens in the vocabulary; LOGITS_STRIDE floats
//   between columns of logits; HEADER words before the first state; ACCEPTS flag of a state; LIVE flag of a
//   state; ENDS_TEXT length of a token that ends the text
// Bindings: logits, processed, state, table, bytes, spans, automaton_states, params
// From sanitise.wgsl: BANNED, sanitise

const DEAD = 0xffffffffu;

var<workgroup> state_now: u32;

fn flags_of(now: u32) -> u32 {
  return table[HEADER + now * (params.classes + 1u)];
}

// The state after a token's bytes; DEAD where they cannot come.
fn walk(first: u32, id: u32) -> u32 {
  let span = spans[id];
  let start = span >> 8u;
  var now = first;
  for (var at = start; at < start + (span & 0xffu); at++) {
    let byte = (bytes[at / 4u] >> (8u * (at % 4u))) & 0xffu;
    let next = table[HEADER + now * (params.classes + 1u) + 1u + table[byte]];
    if (next == 0u) {
      return DEAD;
    }
    now = next - 1u;
  }
  return now;
}

fn admits(now: u32, id: u32) -> bool {
  let length = spans[id] & 0xffu;
  if (length == ENDS_TEXT) {
    return (flags_of(now) & ACCEPTS) != 0u;
  }
  if (length == 0u) {
    return false;
  }
  let next = walk(now, id);
  return next != DEAD && (flags_of(next) & LIVE) != 0u;
}

fn state_of(column: u32) -> u32 {
  let now = automaton_states[(state.step % 2u) * COLUMNS + column];
  if (state.step == 0u) {
    return now;
  }
  // What does not fit was drawn after the end of the text, and is not read by anyone.
  let next = walk(now, state.columns[column].token);
  return select(next, now, next == DEAD);
}

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let column = group.y;
  if (local == 0u && params.constrained != 0u) {
    state_now = state_of(column);
    if (group.x == 0u) {
      automaton_states[((state.step + 1u) % 2u) * COLUMNS + column] = state_now;
    }
  }
  let now = workgroupUniformLoad(&state_now);
  let id = group.x * WG + local;
  if (id < V) {
    let at = column * LOGITS_STRIDE + id;
    let banned = params.constrained != 0u && !admits(now, id);
    processed[at] = select(sanitise(logits[at]), BANNED, banned);
  }
}
