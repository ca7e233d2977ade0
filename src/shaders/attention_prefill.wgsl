// Causal attention of a chunk's rows over the KV cache, which holds their own keys and values already:
// out[t][h * HS + d].
//
// Workgroup (head, block of WG queries), one lane a query: its q and its weighted values stay in registers, every key
// and value is the same address for all lanes. Keys come KEYS at a time, with one rescaling of the running softmax
// for all of them. Keys after the block's last query are never touched; inside the last blocks, those after a lane's
// own position count nothing. No workgroup memory, no barrier.
@compute @workgroup_size(WG)
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) local: u32) {
  let head = group.x;
  let t = group.y * WG + local;
  let row = min(t, params.count - 1u);
  let position = params.base + row;
  let last = params.base + min(group.y * WG + WG, params.count) - 1u;
  let keys = ((params.sequence * 2u) * NH + head) * HS4 * CONTEXT;
  let vals = ((params.sequence * 2u + 1u) * NH + head) * HS4 * CONTEXT;
  #unroll d HS4
  let q_$d = qkv[row * QKV_STRIDE4 + head * HS4 + $du] * layer.scale;
  var o_$d = vec4f();
  #end
  var biggest = -3.0e38;
  var sum = 0.0;
  for (var first = 0u; first <= last; first += KEYS) {
    #unroll j KEYS
    let key_$j = min(first + $ju, last);
    var s_$j = 0.0;
    #unroll d HS4
    s_$j += dot(q_$d, load_kv(keys + $du * CONTEXT + key_$j));
    #end
    s_$j = select(-3.0e38, s_$j, first + $ju <= position);
    #end
    var top = biggest;
    #unroll j KEYS
    top = max(top, s_$j);
    #end
    let shrink = exp(biggest - top);
    biggest = top;
    sum *= shrink;
    #unroll j KEYS
    let p_$j = exp(s_$j - top);
    sum += p_$j;
    #end
    #unroll d HS4
    o_$d *= shrink;
    #unroll j KEYS
    o_$d += p_$j * load_kv(vals + $du * CONTEXT + key_$j);
    #end
    #end
  }
  if (t < params.count) {
    let at = t * OUT_STRIDE + head * HS;
    #unroll d HS4
    {
      let value = o_$d / sum;
      #unroll e 4
      if (4u * $du + $eu < HS) {
        out[at + 4u * $du + $eu] = value[$eu];
      }
      #end
    }
    #end
  }
}
