// Raw checkpoint elements -> rows [out][in] of a matrix on the GPU, in its dtype.
//
// One lane converts 64 weights along the input: a whole scale group of every dtype. The source is [in][out] (IN_OUT,
// GPT-2's Conv1D) or [out][in]; lanes are ordered so that neighbours read neighbouring elements of it.
//
// Constants: IN_OUT whether the source is [in][out]
// Bindings: params
// From convert.ts: element
// From store.ts: store_group
// From shared/lane.wgsl: Grid, lane_of

var<private> values: array<f32, 64>;

fn block_index(row: u32, group: u32, blocks: u32) -> u32 {
  return (row - params.band_row) * params.row_blocks + group * blocks;
}

@compute @workgroup_size(64)
fn main(grid: Grid) {
  let lane = lane_of(grid);
  if (lane >= params.row_count * params.group_count) {
    return;
  }
  let row = params.first_row + select(lane / params.group_count, lane % params.row_count, IN_OUT);
  let group = params.first_group + select(lane % params.group_count, lane / params.row_count, IN_OUT);
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
