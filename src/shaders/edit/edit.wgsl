// One edit of a site, in place: x · scale + shift, to a range of each row's values. Grid: (blocks of 64 values, rows).
//
// Values of q, k, v and z lie in heads of SIZE floats, PADDED apart; elsewhere a row is one head. A pattern is
// [head][row][key], and keys after a row's own position stay zero.
//
// Constants: STRIDE floats between rows; OFFSET first float of the site in a row; SIZE floats of a head; PADDED floats
//   between heads; PATTERN whether the site is a pattern
// Bindings: x, shift, places, edit
// From address.ts: position_of, sequence_of, row_count, key_count

fn change(row: u32, i: u32) {
  if (edit.run != 0xffffffffu && edit.run != sequence_of(row)) {
    return;
  }
  let position = position_of(row);
  var vector = 0u;
  if (edit.listed > 0u) {
    if (position >= edit.listed || places[position] == 0u) {
      return;
    }
    vector = places[position] - 1u;
  }
  var at = row * STRIDE + OFFSET + (edit.head + i / SIZE) * PADDED + i % SIZE;
  if (PATTERN) {
    let key = i % key_count();
    if (key > position) {
      return;
    }
    at = ((edit.head + i / key_count()) * row_count() + row) * key_count() + key;
  }
  let added = shift[vector * edit.vector_stride + select(i, 0u, edit.uniform_shift == 1u)];
  x[at] = select(x[at] * edit.scale, 0.0, edit.scale == 0.0) + added;
}

@compute @workgroup_size(64)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = group.x * 64u + local;
  let count = select(edit.heads * SIZE, edit.heads * key_count(), PATTERN);
  if (i < count) {
    change(edit.first_row + group.y, i);
  }
}
