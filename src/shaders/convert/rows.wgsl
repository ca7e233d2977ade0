// Raw checkpoint elements -> f32 rows: vectors and position embeddings. One lane an element.
//
// Bindings: params, out
// From convert.ts: element
// From shared/lane.wgsl: Grid, lane_of

@compute @workgroup_size(64)
fn main(grid: Grid) {
  let i = lane_of(grid);
  if (i >= params.count) {
    return;
  }
  let at = params.first + i;
  out[params.offset + (at / params.columns) * params.stride + at % params.columns] = element(i);
}
