// Of sample.wgsl: sums of 64 bits over SLOTS slots, of which each lane has every WG-th.
//
// Constants: WG lanes of a workgroup; SLOTS slots, 256
// From integers.wgsl: add64, add96, less64

const SLOT_GROUP = 16u;
const SLOT_GROUPS = SLOTS / SLOT_GROUP;

struct Found {
  some: u32,
  slot: u32,
  before: vec2u,  // sum of the slots that come first
  own: vec2u,     // of this slot
}

var<workgroup> sums: array<vec2u, SLOTS>;
var<workgroup> group_sums: array<vec2u, SLOT_GROUPS>;
var<workgroup> whole_sum: vec2u;
var<workgroup> found: Found;
var<workgroup> high_words: array<u32, WG>;
var<workgroup> wide_sum: vec3u;
var<private> own_sum: vec2u;

// Sums by slot: `clear_sums`, then `collect` for each number of a slot of this lane, then `close_sums`. A lane with one
// slot keeps its sum in a register.
fn clear_sums(local: u32) {
  workgroupBarrier();
  own_sum = vec2u();
  if (WG < SLOTS) {
    for (var slot = local; slot < SLOTS; slot += WG) {
      sums[slot] = vec2u();
    }
  }
}

fn collect(slot: u32, value: vec2u) {
  if (WG < SLOTS) {
    sums[slot] = add64(sums[slot], value);
  } else {
    own_sum = add64(own_sum, value);
  }
}

fn close_sums(local: u32) {
  if (WG == SLOTS) {
    sums[local] = own_sum;
  }
  add_up(local);
}

// Adds up what is in the slots: groups of them, then all.
fn add_up(local: u32) {
  workgroupBarrier();
  for (var group = local; group < SLOT_GROUPS; group += WG) {
    var run = vec2u();
    for (var i = 0u; i < SLOT_GROUP; i++) {
      run = add64(run, sums[group * SLOT_GROUP + i]);
    }
    group_sums[group] = run;
  }
  workgroupBarrier();
  if (local == 0u) {
    var run = vec2u();
    for (var group = 0u; group < SLOT_GROUPS; group++) {
      run = add64(run, group_sums[group]);
    }
    whole_sum = run;
  }
}

// The sum of all slots, in all lanes, once they are added up.
fn sum_of_all() -> vec2u {
  return workgroupUniformLoad(&whole_sum);
}

// The first slot that brings the sum to `point`, which counts from 1, once the slots are added up.
fn find_slot(point: vec2u) -> Found {
  var before = vec2u();
  var group = 0u;
  for (; group < SLOT_GROUPS; group++) {
    let through = add64(before, group_sums[group]);
    if (!less64(through, point)) {
      break;
    }
    before = through;
  }
  for (var slot = group * SLOT_GROUP; slot < SLOTS; slot++) {
    let through = add64(before, sums[slot]);
    if (!less64(through, point)) {
      return Found(1u, slot, before, sums[slot]);
    }
    before = through;
  }
  return Found(0u, 0u, vec2u(), vec2u());
}

// Adds up the slots and finds the one that holds the point, in all lanes.
fn slot_holding(point: vec2u, local: u32) -> Found {
  add_up(local);
  if (local == 0u) {
    found = find_slot(point);
  }
  return workgroupUniformLoad(&found);
}

// The sum of one number of 96 bits per lane, in all lanes; what the slots hold is lost.
fn wide_sum_of(own: vec3u, local: u32) -> vec3u {
  workgroupBarrier();
  sums[local] = own.xy;
  high_words[local] = own.z;
  workgroupBarrier();
  if (local == 0u) {
    var all = vec3u();
    for (var lane = 0u; lane < WG; lane++) {
      all = add96(all, sums[lane]);
      all.z += high_words[lane];
    }
    wide_sum = all;
  }
  return workgroupUniformLoad(&wide_sum);
}
