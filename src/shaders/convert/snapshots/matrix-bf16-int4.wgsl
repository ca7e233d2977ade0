const IN_OUT = true;

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
@group(0) @binding(2) var<storage, read_write> scales: array<u32>;
@group(0) @binding(3) var<uniform> params: Params;

fn element(i: u32) -> f32 {
  return bitcast<f32>((raw[i / 2u] >> (16u * (i % 2u))) << 16u);
}

// 64 weights as 2 blocks of nibbles (value + 8), each with an f16 scale; both scales of the group share a word.
// The scale that leaves the least squared error is taken among those that map the weight of largest magnitude
// to between 6 and 8.5: outliers are worth clipping when the rest gains.
//
// Bindings: weights, scales, params
// From matrix.wgsl: values, block_index

const CANDIDATES = 11u;

fn quantised(value: f32, scale: f32) -> f32 {
  return clamp(round(value / scale), -8.0, 7.0);
}
fn best_scale(first: u32) -> f32 {
  var largest = 0.0;
  for (var i = first; i < first + 32u; i++) {
    largest = select(largest, values[i], abs(values[i]) > abs(largest));
  }
  if (abs(largest) < 1e-7) {
    return 1.0;
  }
  var best = 1.0;
  var best_error = 3.0e38;
  for (var c = 0u; c < CANDIDATES; c++) {
    // The negative end reaches one step further, so the sign of the largest weight is taken along.
    let scale = unpack2x16float(pack2x16float(vec2f(largest / -(6.0 + 0.25 * f32(c)), 0.0))).x;
    if (abs(scale) > 0.0) {
      var error = 0.0;
      for (var i = first; i < first + 32u; i++) {
        let off = values[i] - quantised(values[i], scale) * scale;
        error += off * off;
      }
      if (error < best_error) {
        best_error = error;
        best = scale;
      }
    }
  }
  return best;
}
fn word(i: u32, scale: f32) -> u32 {
  var packed = 0u;
  for (var n = 0u; n < 4u; n++) {
    packed |= u32(quantised(values[i + n], scale) + 8.0) << (8u * n);
    packed |= u32(quantised(values[i + 4u + n], scale) + 8.0) << (8u * n + 4u);
  }
  return packed;
}
fn store_group(row: u32, group: u32) {
  let scale = vec2f(best_scale(0u), best_scale(32u));
  for (var b = 0u; b < 2u; b++) {
    let i = 32u * b;
    weights[block_index(row, group, 2u) + b] =
      vec4u(word(i, scale[b]), word(i + 8u, scale[b]), word(i + 16u, scale[b]), word(i + 24u, scale[b]));
  }
  scales[row * (params.row_blocks / 2u) + group] = pack2x16float(scale);
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
