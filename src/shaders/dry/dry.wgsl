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
