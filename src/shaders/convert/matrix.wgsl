// Raw checkpoint elements -> rows [out][in] of a matrix on the GPU, in its dtype.
//
// One lane converts 64 weights along the input: a whole scale group of every dtype. The source is [in][out] (IN_OUT,
// GPT-2's Conv1D) or [out][in]; lanes are ordered so that neighbours read neighbouring elements of it.
//
// Constants: IN_OUT whether the source is [in][out]
// Bindings: params
// From convert.ts: element
// From store.ts: store_group

var<private> values: array<f32, 64>;

fn block_index(row: u32, group: u32, blocks: u32) -> u32 {
  return (row - params.band_row) * params.row_blocks + group * blocks;
}

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) group_id: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let id = (group_id.y * groups.x + group_id.x) * 64u + local;
  if (id >= params.row_count * params.group_count) {
    return;
  }
  let row = params.first_row + select(id / params.group_count, id % params.row_count, IN_OUT);
  let group = params.first_group + select(id % params.group_count, id / params.row_count, IN_OUT);
  for (var i = 0u; i < 64u; i++) {
    let column = group * 64u + i;
    values[i] = 0.0;
    if (column < params.columns) {
      if (IN_OUT) {
        values[i] = element((column - params.source_start) * params.rows + row);
      } else {
        values[i] = element((row - params.source_start) * params.columns + column);
      }
    }
  }
  store_group(row, group);
}
