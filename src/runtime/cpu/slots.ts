import { type Graph, type Node, widthOf } from '../../model/index.ts';

/** Storage of a value: a buffer shared by values whose lifetimes do not overlap, and an offset into its rows. */
export interface ValueLocation {
  slot: number;
  offset: number;
}

/** Operations that may write their result over their first input. */
const inPlace: ReadonlySet<Node['op']> = new Set(['add', 'activate', 'edit']);
/** Operations whose output is their input. */
const transparent: ReadonlySet<Node['op']> = new Set(['selectPositions', 'capture']);

/** Assigns every value of a graph to a slot. A slot is reused once none of its values is needed. */
export function assignSlots({ nodes }: Graph): ValueLocation[] {
  const uses = nodes.map(() => 0);
  for (const { inputs } of nodes) for (const input of inputs) uses[input]!++;
  const locations: ValueLocation[] = [];
  const widths: number[] = [];
  /** Uses still to come of all values in a slot. */
  const pending: number[] = [];
  const free = new Set<number>();

  const take = (width: number): number => {
    for (const slot of free) {
      if (widths[slot] !== width) continue;
      free.delete(slot);
      return slot;
    }
    return widths.push(width) - 1;
  };
  for (const node of nodes) {
    const inputs = node.inputs.map((input) => (locations[input] as ValueLocation).slot);
    for (const slot of inputs) pending[slot]!--;
    const [first] = node.inputs;
    const source = first === undefined ? undefined : locations[first];
    // A pattern's width depends on the keys, so it shares slots only with patterns.
    const width = node.op === 'attentionPattern' ? -1 : widthOf(node.shape);
    let location: ValueLocation;
    if (node.op === 'part' && source) location = { slot: source.slot, offset: node.part * width };
    else if (source && transparent.has(node.op)) location = source;
    else if (source && inPlace.has(node.op) && pending[source.slot] === 0) location = source;
    else
      location = {
        slot: take(node.op === 'edit' && source ? (widths[source.slot] as number) : width),
        offset: 0,
      };
    locations.push(location);
    pending[location.slot] = (pending[location.slot] ?? 0) + (uses[node.id] as number);
    for (const slot of inputs) if (pending[slot] === 0 && slot !== location.slot) free.add(slot);
  }
  return locations;
}
