// Of sample.wgsl: the ids of a lane that may still be drawn, once they are SHORT or fewer. Later passes go through these
// alone, where those before go through every WG-th of the vocabulary.
//
// Constants: WG lanes of a workgroup; V tokens in the vocabulary; SHORT ids a lane's short list holds
// From logits.wgsl: GONE

var<workgroup> short_list: array<u32, SHORT * WG>;
var<private> is_short: bool;
var<private> short_count: u32;

fn entries(local: u32) -> u32 {
  return select((max(V, local) - local + WG - 1u) / WG, short_count, is_short);
}

// Four of this lane's ids at a time; GONE past the end.
fn ids_of(first: u32, local: u32) -> vec4u {
  let places = vec4u(0u, 1u, 2u, 3u) + first;
  if (!is_short) {
    return local + places * WG;
  }
  return vec4u(listed(places.x, local), listed(places.y, local), listed(places.z, local), listed(places.w, local));
}

fn listed(place: u32, local: u32) -> u32 {
  if (place < short_count) {
    return short_list[local * SHORT + place];
  }
  return GONE;
}

// Remembers the id as this lane's `count`-th.
fn put(count: u32, id: u32, local: u32) {
  if (count < SHORT) {
    short_list[local * SHORT + count] = id;
  }
}

// From now on only the `count` ids that were put are gone through, if there was room for them.
fn shorten(count: u32) {
  if (count <= SHORT) {
    is_short = true;
    short_count = count;
  }
}
