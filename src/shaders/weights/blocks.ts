/** How weights are held on the GPU. */
export type WeightDtype = 'f32' | 'f16' | 'int8' | 'int4';

/**
 * How a kernel reads a block of 16 bytes: `block_vec4(block, part)` gives four of its weights without their scale,
 * `block_scale(row, block)` the scale.
 *
 * - f16: pairs in u32, which need no optional feature.
 * - int8: signed bytes; 4 blocks (64 weights along the input) share an f32 scale. Shifts rather than unpack4xI8, which
 *   not every browser has.
 * - int4: stored as value + 8. Word p holds weights 8p … 8p + 7: the low nibbles of its bytes are the first four, the
 *   high nibbles the next four. Each block has an f16 scale, two to a word.
 */
export const blockAccess: Record<WeightDtype, string> = {
  f32: /* wgsl */ `
fn block_vec4(block: vec4u, part: u32) -> vec4f {
  return bitcast<vec4f>(block);
}

fn block_scale(row: u32, block: u32) -> f32 {
  return 1.0;
}
`,
  f16: /* wgsl */ `
fn block_vec4(block: vec4u, part: u32) -> vec4f {
  return vec4f(unpack2x16float(block[2u * part]), unpack2x16float(block[2u * part + 1u]));
}

fn block_scale(row: u32, block: u32) -> f32 {
  return 1.0;
}
`,
  int8: /* wgsl */ `
fn block_vec4(block: vec4u, part: u32) -> vec4f {
  return vec4f(bitcast<vec4i>(vec4u(block[part]) << vec4u(24u, 16u, 8u, 0u)) >> vec4u(24u));
}

fn block_scale(row: u32, block: u32) -> f32 {
  return scales[row * (KB / 4u) + block / 4u];
}
`,
  int4: /* wgsl */ `
fn block_vec4(block: vec4u, part: u32) -> vec4f {
  let nibbles = block[part / 2u] >> (4u * (part % 2u));
  return vec4f((vec4u(nibbles) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(15u)) - 8.0;
}

fn block_scale(row: u32, block: u32) -> f32 {
  let index = row * KB + block;
  return unpack2x16float(scales[index / 2u])[index % 2u];
}
`,
};

/** `load_block(row, block)` of a matrix in one buffer: rows [out][in], KB blocks of 16 bytes a row. */
export const loadFromOne = /* wgsl */ `
fn load_block(row: u32, block: u32) -> vec4u {
  return w0[row * KB + block];
}
`;

/** The same of one that is cut by rows into BANDS buffers of BAND_ROWS rows, each within the device's binding limit. */
export const loadFromBands = /* wgsl */ `
fn load_block(row: u32, block: u32) -> vec4u {
  #unroll n BANDS
  if (row < ($nu + 1u) * BAND_ROWS) {
    return w$n[(row - $nu * BAND_ROWS) * KB + block];
  }
  #end
  return vec4u();
}
`;
