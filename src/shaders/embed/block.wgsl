// One block of a row of x: wte[token] + wpe[position], or one of the two.
//
// Constants: BLOCK4 vec4s of weights in a block; X_STRIDE4 vec4s between rows of x
// Bindings: x, wpe
// From weights/blocks.ts: load_block, block_scale, block_vec4
// From embed.ts: embedded

fn embed_block(row: u32, block: u32, token: u32, position: u32) {
  let weights = load_block(token, block);
  let scale = block_scale(token, block);
  #unroll i BLOCK4
  {
    let k4 = block * BLOCK4 + $iu;
    x[row * X_STRIDE4 + k4] = embedded(block_vec4(weights, $iu) * scale, wpe[position * X_STRIDE4 + k4]);
  }
  #end
}
