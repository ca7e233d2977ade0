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
