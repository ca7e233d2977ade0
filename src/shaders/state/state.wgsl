// The token loop's state, kept on the GPU: a header, then one record a column (a sequence being generated).
const HEADER_SIZE = 8u;
const RUNNING = 0u;        // columns not done; kernels return at once when 0
const STEP = 1u;           // steps taken since the run began
const COLUMN_SIZE = 8u;
const TOKEN = 0u;          // last token chosen
const POSITION = 1u;       // where it stands in its sequence: the row of wpe, the place in the KV cache
const DONE = 2u;           // 1 after an end-of-text token
const DRAW = 3u;           // counter of the next random draw
const SEQUENCE = 4u;       // which KV cache, and which stream of random numbers
const CHOSEN = 5u;         // the sampler's choice, taken by pick
const CONTEXT_LENGTH = 6u; // tokens in the context list

fn column_at(column: u32, field: u32) -> u32 {
  return HEADER_SIZE + column * COLUMN_SIZE + field;
}

fn idle() -> bool {
  return state[RUNNING] == 0u;
}
