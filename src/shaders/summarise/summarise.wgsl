// What is asked of each row of logits: the log-probability of its target, and the likeliest ids with their logits.
// One workgroup a row. Record of a row: target's log-probability, log of the sum of exp, then pairs of id and logit,
// best first; ties go to the lowest id, which NaN never wins.
//
// Constants: WG lanes of a workgroup; V tokens in the vocabulary; LOGITS_STRIDE floats between rows of logits
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
  let record = row * (2u + 2u * summary.top);
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
      records[record + 2u + 2u * i] = id;
      records[record + 3u + 2u * i] = bitcast<u32>(value);
    }
  }
  var mass = 0.0;
  for (var i = local; i < V; i += WG) {
    mass += exp(logits[start + i] - biggest);
  }
  let normaliser = biggest + log(reduce_sum(mass, local));
  if (local == 0u) {
    let target_id = targets[row];
    records[record] = bitcast<u32>(logits[start + min(target_id, V - 1u)] - normaliser);
    records[record + 1u] = bitcast<u32>(normaliser);
  }
}
