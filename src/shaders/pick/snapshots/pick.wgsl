const KB = 48u;
const BLOCK4 = 4u;
const BANDS = 1u;
const BAND_ROWS = 50257u;
const V = 50257u;
const NC = 1u;
const X_STRIDE4 = 192u;
const LOGITS_STRIDE = 50304u;
const CONTEXT = 1024u;
const WG = 256u;

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

struct Run {
  alternatives: u32, // pairs reported per token
  ring_records: u32, // steps the ring holds
  sampled: u32, // 1: take the column's chosen
  drawable: u32, // ids from here on are never chosen
  eos_count: u32, // ids in eos
  eos: array<vec4u, 2>, // ids that end a text
}

@group(0) @binding(0) var<storage, read> logits: array<f32>;
@group(0) @binding(1) var<storage, read> w0: array<vec4u>;
@group(0) @binding(2) var<storage, read> scales: array<f32>;
@group(0) @binding(3) var<storage, read> wpe: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> x: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> state: State;
@group(0) @binding(6) var<storage, read_write> ring: array<u32>;
@group(0) @binding(7) var<uniform> run: Run;

fn load_block(row: u32, block: u32) -> vec4u {
  return w0[row * KB + block];
}

fn block_vec4(block: vec4u, part: u32) -> vec4f {
  return vec4f(bitcast<vec4i>(vec4u(block[part]) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
}

fn block_scale(row: u32, block: u32) -> f32 {
  return scales[row * (KB / 4u) + block / 4u];
}

// The best of one (value, id) per lane, and sums over lanes, for workgroups of WG lanes. Barriers are in uniform
// control flow: all lanes call these together.
//
// Constants: WG lanes of a workgroup

const NOTHING = 0xffffffffu;
const LOWEST = -3.4e38;

var<workgroup> best_values: array<f32, WG>;
var<workgroup> best_ids: array<u32, WG>;

// Ties go to the lowest id; NaN never wins.
fn better(value: f32, id: u32, than_value: f32, than_id: u32) -> bool {
  return value > than_value || (value == than_value && id < than_id);
}

// The best (value, id) over all lanes, in element 0 of the arrays.
fn reduce_best(local: u32) {
  workgroupBarrier();
  for (var step = WG / 2u; step > 0u; step /= 2u) {
    if (local < step) {
      let value = best_values[local + step];
      let id = best_ids[local + step];
      if (better(value, id, best_values[local], best_ids[local])) {
        best_values[local] = value;
        best_ids[local] = id;
      }
    }
    workgroupBarrier();
  }
}

fn reduce_sum(value: f32, local: u32) -> f32 {
  workgroupBarrier();
  best_values[local] = value;
  workgroupBarrier();
  for (var step = WG / 2u; step > 0u; step /= 2u) {
    if (local < step) {
      best_values[local] += best_values[local + step];
    }
    workgroupBarrier();
  }
  return workgroupUniformLoad(&best_values[0]);
}

// Ends a step of the token loop, for all NC columns in one workgroup: chooses each column's token (the greedy one, or
// the sampler's), reports it with its log-probability and the likeliest alternatives, moves the state on, and writes
// the next input x[c] = wte[token] + wpe[position]. Ties go to the lowest id. Tokens from run.drawable on count in the
// log-probabilities alone.
//
// A report is a record in the ring: id (0xffffffff for a column that was done before), log-probability, then pairs of
// id and log-probability. Barriers are in uniform control flow only: what decides a branch around one is read
// through workgroupUniformLoad.
//
// Constants: CONTEXT positions of wpe; WG lanes of a workgroup; KB blocks of a row of wte; BLOCK4 vec4s of weights in
//   a block; NC columns; X_STRIDE4 vec4s between columns of x; V tokens in the vocabulary; LOGITS_STRIDE floats between
//   columns of logits
// Bindings: logits, run, x, wpe, state, ring
// From best.wgsl: LOWEST, NOTHING, best_values, best_ids, better, reduce_best, reduce_sum
// From weights/blocks.ts: load_block, block_scale, block_vec4

var<workgroup> running: u32;

// The likeliest of the first `count` tokens after (value, id) in the order of `better`.
fn best_after(column: u32, count: u32, value: f32, id: u32, local: u32) {
  var top = LOWEST;
  var top_id = NOTHING;
  for (var token = local; token < count; token += WG) {
    let logit = logits[column * LOGITS_STRIDE + token];
    if (better(value, id, logit, token) && (top_id == NOTHING || better(logit, token, top, top_id))) {
      top = logit;
      top_id = token;
    }
  }
  best_values[local] = top;
  best_ids[local] = top_id;
  reduce_best(local);
}

fn ends_text(token: u32) -> bool {
  for (var i = 0u; i < run.eos_count; i++) {
    if (run.eos[i / 4u][i % 4u] == token) {
      return true;
    }
  }
  return false;
}

fn embed(column: u32, token: u32, position: u32, local: u32) {
  for (var block = local; block < KB; block += WG) {
    let weights = load_block(token, block);
    let scale = block_scale(token, block);
    {
      let k4 = block * BLOCK4 + 0u;
      x[column * X_STRIDE4 + k4] = block_vec4(weights, 0u) * scale + wpe[position * X_STRIDE4 + k4];
    }
    {
      let k4 = block * BLOCK4 + 1u;
      x[column * X_STRIDE4 + k4] = block_vec4(weights, 1u) * scale + wpe[position * X_STRIDE4 + k4];
    }
    {
      let k4 = block * BLOCK4 + 2u;
      x[column * X_STRIDE4 + k4] = block_vec4(weights, 2u) * scale + wpe[position * X_STRIDE4 + k4];
    }
    {
      let k4 = block * BLOCK4 + 3u;
      x[column * X_STRIDE4 + k4] = block_vec4(weights, 3u) * scale + wpe[position * X_STRIDE4 + k4];
    }
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) local: u32) {
  if (local == 0u) {
    running = state.running;
  }
  if (workgroupUniformLoad(&running) == 0u) {
    return;
  }
  let drawable = min(run.drawable, V);
  var left = 0u;
  for (var column = 0u; column < NC; column++) {
    let done = state.columns[column].done != 0u;
    let position = state.columns[column].position + 1u;
    let record = ((state.step % run.ring_records) * NC + column) * (2u + 2u * run.alternatives);

    best_after(column, V, -LOWEST, NOTHING, local);
    let top = workgroupUniformLoad(&best_values[0]);
    if (drawable < V) {
      best_after(column, drawable, -LOWEST, NOTHING, local);
    }
    var token = workgroupUniformLoad(&best_ids[0]);
    var mass = 0.0;
    for (var i = local; i < V; i += WG) {
      mass += exp(logits[column * LOGITS_STRIDE + i] - top);
    }
    let normaliser = top + log(reduce_sum(mass, local));
    if (run.sampled == 1u) {
      token = state.columns[column].chosen;
    }
    token = min(token, drawable - 1u);

    var after = -LOWEST;
    var after_id = NOTHING;
    for (var i = 0u; i < run.alternatives; i++) {
      best_after(column, drawable, after, after_id, local);
      after = workgroupUniformLoad(&best_values[0]);
      after_id = workgroupUniformLoad(&best_ids[0]);
      if (local == 0u) {
        ring[record + 2u + 2u * i] = after_id;
        ring[record + 3u + 2u * i] = bitcast<u32>(after - normaliser);
      }
    }
    let ended = done || ends_text(token);
    storageBarrier();
    if (local == 0u) {
      ring[record] = select(token, NOTHING, done);
      ring[record + 1u] = bitcast<u32>(logits[column * LOGITS_STRIDE + token] - normaliser);
      if (!done) {
        state.columns[column].token = token;
        state.columns[column].position = position;
        state.columns[column].draw += 1u;
        state.columns[column].done = u32(ended);
      }
    }
    if (!done) {
      embed(column, token, min(position, CONTEXT - 1u), local);
    }
    left += u32(!ended);
  }
  storageBarrier();
  if (local == 0u) {
    state.step += 1u;
    state.running = left;
  }
}
