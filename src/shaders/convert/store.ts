import type { WeightDtype } from '../weights/weights.ts';
import int4 from './store_int4.wgsl?raw';

/**
 * `store_group(row, group)`: the 64 `values` of a lane into their blocks, with their scales.
 *
 * - f16: what it cannot hold becomes its largest value.
 * - int8: 4 blocks of signed bytes with one f32 scale, the largest magnitude over 127.
 */
export const stores: Record<WeightDtype, string> = {
  f32: /* wgsl */ `
fn store_group(row: u32, group: u32) {
  for (var b = 0u; b < 16u; b++) {
    let value = vec4f(values[4u * b], values[4u * b + 1u], values[4u * b + 2u], values[4u * b + 3u]);
    weights[block_index(row, group, 16u) + b] = bitcast<vec4u>(value);
  }
}
`,
  f16: /* wgsl */ `
fn pair(i: u32) -> u32 {
  return pack2x16float(clamp(vec2f(values[i], values[i + 1u]), vec2f(-65504.0), vec2f(65504.0)));
}

fn store_group(row: u32, group: u32) {
  for (var b = 0u; b < 8u; b++) {
    let i = 8u * b;
    weights[block_index(row, group, 8u) + b] = vec4u(pair(i), pair(i + 2u), pair(i + 4u), pair(i + 6u));
  }
}
`,
  int8: /* wgsl */ `
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
`,
  int4,
};
