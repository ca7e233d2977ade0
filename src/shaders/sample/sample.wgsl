// Chooses one token per column, one workgroup each, as src/sampling does on the CPU, number for number: probabilities
// are whole numbers (weights), so sums are exact in any order. Nothing is sorted: each cut is a threshold found by
// at most four passes of 256 bins, most significant digit first.
//
// `work` holds one number per token, GONE for what is banned or cut; lower is likelier. At first it is the rank: the
// bits of the logit in reverse order. Once top-k is through it is the distance to the likeliest token, in bits of
// probability times 2^24.
//
// Barriers are in uniform control flow only: what decides a branch around one comes from the uniform buffer or
// through workgroupUniformLoad.
//
// Constants: BRIEF whether penalties, bans and typical-p are left out; CONTEXT tokens a context list holds; WG lanes of a workgroup; SLOTS slots of sums; V tokens in the vocabulary
// Bindings: work, state, sampling, token_counts, context
// From logits.wgsl: GONE, COUNTED, SEEN, GREEDY, unknown_zero, rank_all, ban_ngrams
// From cuts.wgsl: best, shared_word, exp2_table, weight_of, filtered
// From plain.wgsl: prepare, restrict_further
// From sums.wgsl: sums, sum_of_all, slot_holding
// From integers.wgsl: philox, add64, scale_down, sub64

// The lowest of one number per lane, in all lanes.
fn lowest(value: u32, local: u32) -> u32 {
  workgroupBarrier();
  if (local == 0u) {
    atomicStore(&best, GONE);
  }
  workgroupBarrier();
  atomicMin(&best, value);
  workgroupBarrier();
  if (local == 0u) {
    shared_word = atomicLoad(&best);
  }
  return workgroupUniformLoad(&shared_word);
}

fn first_with_rank(column: u32, rank: u32, local: u32) -> u32 {
  var first = GONE;
  for (var id = local; id < V && first == GONE; id += WG) {
    if (work[column * V + id] == rank) {
      first = id;
    }
  }
  return lowest(first, local);
}

// The token that a random number points at. Tokens lie on the line in the order of (id mod SLOTS, id): first the slot
// of the weights is found, then the token among those of that slot.
fn draw(column: u32, local: u32) -> u32 {
  let bits = philox(vec4u(state.columns[column].draw, state.columns[column].sequence, 0u, 0u), sampling.seed);
  storageBarrier();
  // Points count from 1.
  var point = add64(scale_down(sum_of_all(), bits), vec2u(1u, 0u));
  let residue = slot_holding(point, local);
  point = sub64(point, residue.before);
  for (var first = residue.slot; first < V; first += SLOTS * SLOTS) {
    workgroupBarrier();
    for (var slot = local; slot < SLOTS; slot += WG) {
      let id = first + slot * SLOTS;
      var own = vec2u();
      if (id < V) {
        let dist = work[column * V + id];
        if (dist != GONE) {
          own = weight_of(dist);
        }
      }
      sums[slot] = own;
    }
    let holder = slot_holding(point, local);
    if (holder.some != 0u) {
      return first + holder.slot * SLOTS;
    }
    point = sub64(point, sum_of_all());
  }
  return 0u;
}

// Remembers the choice for pick, and for the penalties of the next step.
fn choose(column: u32, token: u32) {
  state.columns[column].chosen = token;
  if (BRIEF) {
    return;
  }
  if ((sampling.flags & COUNTED) != 0u) {
    token_counts[column * V + token] = (token_counts[column * V + token] | SEEN) + 1u;
  }
  let length = state.columns[column].context_length;
  if (sampling.ngram != 0u && length < CONTEXT) {
    context[column * CONTEXT + length] = token;
    state.columns[column].context_length = length + 1u;
  }
}

@compute @workgroup_size(WG)
fn main(@builtin(local_invocation_index) local: u32, @builtin(workgroup_id) group: vec3u) {
  let column = group.x;
  if (local == 0u) {
    shared_word = u32(state.running == 0u || state.columns[column].done != 0u);
  }
  if (workgroupUniformLoad(&shared_word) != 0u) {
    return;
  }
  unknown_zero = sampling.zero;
  for (var i = local; i < 256u; i += WG) {
    exp2_table[i] = sampling.exp2[i / 4u][i % 4u];
  }
  var top = GONE;
  var worst = 0u;
  var greedy = !BRIEF && (sampling.flags & GREEDY) != 0u;
  // When everything is banned, the likeliest of all is taken instead.
  for (var bare = 0u; bare < 2u && top == GONE; bare++) {
    let range = rank_all(column, bare == 1u, local);
    top = range.x;
    if (bare == 1u) {
      greedy = true;
    } else if (!BRIEF && sampling.ngram != 0u) {
      top = ban_ngrams(column, local);
    }
    top = lowest(top, local);
    worst = ~lowest(~range.y, local);
  }
  prepare(column, top, local);
  var token = 0u;
  if (greedy) {
    token = first_with_rank(column, top, local);
  } else {
    filtered(column, top, worst, local);
    restrict_further(column, local);
    token = draw(column, local);
  }
  if (local == 0u) {
    // Nothing but NaN: any token is as good.
    choose(column, select(token, 0u, token >= V));
  }
}
