// What is asked of each row of logits: the log-probability of its target and the target's rank, how spread out the
// probabilities are, and the likeliest ids with their logits. One workgroup a row. Record of a row: target's
// log-probability, log of the sum of exp, entropy in nats, the target's rank from 1, then pairs of id and logit, best
// first; ties go to the lowest id, which NaN never wins.
//
// Constants: WG lanes of a workgroup; V tokens in the vocabulary; LOGITS_STRIDE floats between rows of logits; HEAD u32s
// of a record before its pairs
// Bindings: logits, summary, records, targets
// From best.wgsl: LOWEST, NOTHING, best_values, best_ids, better, reduce_best, reduce_sum

// The likeliest id after (value, id) in the order of `better`, in element 0 of the arrays.
fn best_after(start: u32, value: f32, id: u32, local: u32) {
  var top = LOWEST;
  var top_id = NOTHING;
  for (var i = local; i < V; i += WG) {
    let logit = logits[start + i];
    if ((id == NOTHING || better(value, id, logit, i)) && better(logit, i, top, top_id)) {
      top = logit;
      top_id = i;
    }
  }
  workgroupBarrier();
  best_values[local] = top;
  best_ids[local] = top_id;
  reduce_best(local);
}

@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let start = group.x * LOGITS_STRIDE;
  let row = summary.first + group.x;
  let record = row * (HEAD + 2u * summary.top);
  let target_id = min(targets[row], V - 1u);
  let target_logit = logits[start + target_id];
  var value = 0.0;
  var id = NOTHING;
  var biggest = 0.0;
  for (var i = 0u; i < max(summary.top, 1u); i++) {
    best_after(start, value, id, local);
    value = workgroupUniformLoad(&best_values[0]);
    id = workgroupUniformLoad(&best_ids[0]);
    if (i == 0u) {
      biggest = value;
    }
    if (local == 0u && i < summary.top) {
      records[record + HEAD + 2u * i] = id;
      records[record + HEAD + 1u + 2u * i] = bitcast<u32>(value);
    }
  }
  var mass = 0.0;
  // Sum of each logit's distance from the biggest, times its share of the mass.
  var spread = 0.0;
  // A count of at most V, exact in f32 up to 16 million.
  var before = 0.0;
  for (var i = local; i < V; i += WG) {
    let logit = logits[start + i];
    let distance = logit - biggest;
    let share = exp(distance);
    mass += share;
    // exp is 0 below, and 0 times minus infinity is no number.
    spread += select(0.0, share * distance, distance > -100.0);
    before += select(0.0, 1.0, better(logit, i, target_logit, target_id));
  }
  let total = reduce_sum(mass, local);
  let all_spread = reduce_sum(spread, local);
  let rank = 1u + u32(reduce_sum(before, local));
  let normaliser = biggest + log(total);
  if (local == 0u) {
    records[record] = bitcast<u32>(target_logit - normaliser);
    records[record + 1u] = bitcast<u32>(normaliser);
    records[record + 2u] = bitcast<u32>(log(total) - all_spread / total);
    records[record + 3u] = rank;
  }
}
