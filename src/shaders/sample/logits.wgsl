// Of sample.wgsl: the options, and from logits to ranks: bias, penalties, bans.
//
// Constants: BRIEF whether penalties, bias and bans are left out; CONTEXT tokens a context list holds; WG lanes of a workgroup; V tokens in the vocabulary; LOGITS_STRIDE
//   floats between columns of logits
// Bindings: sampling, bias, token_counts, logits, work, state, context
// From sanitise.wgsl: BANNED, sanitise

const GREEDY = 1u;
const BIASED = 2u;
const COUNTED = 4u;

const GONE = 0xffffffffu;
const SEEN = 0x80000000u;    // in token_counts: the token is in the context; the rest counts its generated occurrences

// sampling.zero. Options that every token needs are loaded once: to a software adapter each load is dear.
var<private> unknown_zero: u32;

// Exact f32 arithmetic: the compiler cannot see through this, so it cannot fuse what is inside with what is outside.
fn exactly(value: f32) -> f32 {
  return bitcast<f32>(bitcast<u32>(value) ^ unknown_zero);
}

// Bits of the logit after bias and penalties.
fn processed(column: u32, id: u32, raw: u32) -> u32 {
  var value = bitcast<f32>(raw);
  var banned = raw == BANNED;
  if ((sampling.flags & BIASED) != 0u) {
    let added = bias[id];
    banned = banned || added == BANNED;
    value = exactly(value + bitcast<f32>(added));
  }
  if ((sampling.flags & COUNTED) != 0u) {
    let entry = token_counts[column * V + id];
    if (entry != 0u) {
      value = exactly(value * select(sampling.penalty_up, sampling.penalty_down, value < 0.0));
    }
    let count = entry & ~SEEN;
    if (count != 0u) {
      value = exactly(value - exactly(sampling.frequency * f32(count))) - sampling.presence;
    }
  }
  return select(sanitise(bitcast<u32>(value)), BANNED, banned);
}

// The order of ranks is the reverse order of logits.
fn rank_of(bits: u32) -> u32 {
  return select(select(bits ^ 0x7fffffffu, bits, bits >= 0x80000000u), GONE, bits == BANNED);
}

fn logit_of(rank: u32) -> f32 {
  return bitcast<f32>(select(rank ^ 0x7fffffffu, rank, rank >= 0x80000000u));
}

// Four of this lane's tokens at a time, so that four loads are under way.
fn logits_of(column: u32, first: u32) -> vec4u {
  let ids = min(vec4u(first, first + WG, first + 2u * WG, first + 3u * WG), vec4u(V - 1u));
  let at = column * LOGITS_STRIDE + ids;
  return vec4u(logits[at.x], logits[at.y], logits[at.z], logits[at.w]);
}

// Fills `work` with ranks; the best and the worst of this lane come back.
fn rank_all(column: u32, bare: bool, local: u32) -> vec2u {
  var range = vec2u(GONE, 0u);
  let drawable = sampling.drawable;
  for (var first = local; first < V; first += 4u * WG) {
    let four = logits_of(column, first);
    for (var i = 0u; i < 4u; i++) {
      let id = first + i * WG;
      if (id >= V) {
        break;
      }
      var bits = sanitise(four[i]);
      if (!BRIEF && !bare) {
        bits = processed(column, id, bits);
      }
      let rank = rank_of(select(bits, BANNED, id >= drawable));
      work[column * V + id] = rank;
      if (rank != GONE) {
        range = vec2u(min(range.x, rank), max(range.y, rank));
      }
    }
  }
  return range;
}

// Bans what would repeat an n-gram; the best rank left of this lane comes back.
fn ban_ngrams(column: u32, local: u32) -> u32 {
  let length = state.columns[column].context_length;
  let size = sampling.ngram;
  let base = column * CONTEXT;
  storageBarrier();
  for (var start = local; start + size <= length; start += WG) {
    var same = true;
    for (var i = 0u; same && i + 1u < size; i++) {
      same = context[base + start + i] == context[base + length + 1u - size + i];
    }
    let id = context[base + start + size - 1u];
    if (same && id < V) {
      work[column * V + id] = GONE;
    }
  }
  storageBarrier();
  var top = GONE;
  for (var id = local; id < V; id += WG) {
    top = min(top, work[column * V + id]);
  }
  return top;
}
