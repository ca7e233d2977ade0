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
