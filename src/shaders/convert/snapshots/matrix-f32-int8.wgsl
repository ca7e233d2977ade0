const IN_OUT = false;

struct Params {
  rows: u32, // of the matrix
  columns: u32, // of the matrix
  row_blocks: u32, // 16-byte blocks a row
  band_row: u32, // row at the start of the bound buffer
  first_row: u32, // first row converted by this dispatch
  row_count: u32, // rows converted
  first_group: u32, // first group of 64 columns converted by this dispatch
  group_count: u32, // groups converted
  source_start: u32, // row (or, IN_OUT, column) of the matrix at the start of raw
}

@group(0) @binding(0) var<storage, read> raw: array<u32>;
@group(0) @binding(1) var<storage, read_write> weights: array<vec4u>;
@group(0) @binding(2) var<storage, read_write> scales: array<f32>;
@group(0) @binding(3) var<uniform> params: Params;

fn element(i: u32) -> f32 {
  return bitcast<f32>(raw[i]);
}

fn quad(i: u32, inverse: f32) -> u32 {
  let value = vec4f(values[i], values[i + 1u], values[i + 2u], values[i + 3u]) * inverse;
  let bytes = bitcast<vec4u>(vec4i(round(clamp(value, vec4f(-127.0), vec4f(127.0))))) & vec4u(255u);
  return bytes.x | (bytes.y << 8u) | (bytes.z << 16u) | (bytes.w << 24u);
}

fn store_group(row: u32, group: u32) {
  var largest = 0.0;
  for (var i = 0u; i < 64u; i++) {
    largest = max(largest, abs(values[i]));
  }
  let inverse = select(0.0, 127.0 / largest, largest > 0.0);
  for (var b = 0u; b < 4u; b++) {
    let i = 16u * b;
    weights[block_index(row, group, 4u) + b] =
      vec4u(quad(i, inverse), quad(i + 4u, inverse), quad(i + 8u, inverse), quad(i + 12u, inverse));
  }
  scales[row * (params.row_blocks / 4u) + group] = largest / 127.0;
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
