struct Params {
  first: u32, // index in the tensor of the first raw element
  count: u32, // elements
  columns: u32, // of the tensor
  stride: u32, // floats between rows of out
  offset: u32, // floats before row 0
}

@group(0) @binding(0) var<storage, read> raw: array<u32>;
@group(0) @binding(1) var<storage, read_write> out: array<f32>;
@group(0) @binding(2) var<uniform> params: Params;

fn element(i: u32) -> f32 {
  return unpack2x16float(raw[i / 2u])[i % 2u];
}

// The number of a lane in a grid of workgroups of 64 that continues in y where x has no room: what `grid1d` gives.

struct Grid {
  @builtin(workgroup_id) group: vec3u,
  @builtin(num_workgroups) groups: vec3u,
  @builtin(local_invocation_index) local: u32,
}

fn lane_of(grid: Grid) -> u32 {
  return (grid.group.y * grid.groups.x + grid.group.x) * 64u + grid.local;
}

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
