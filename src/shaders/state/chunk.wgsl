// What a pass over several rows of one sequence needs to know; the same kernels serve every chunk.
struct Chunk {
  count: u32,    // rows of this chunk
  base: u32,     // position of the first: keys before it are in the KV cache
  sequence: u32, // which KV cache
  total: u32,    // positions of the whole pass: the width of a row of attention weights
}
